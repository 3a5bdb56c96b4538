// SPDX-License-Identifier: Apache-2.0
//
// Configurations of accounts and operators with two verdicts, as in verdict_table.hpp.
#pragma once

#include "unit/config/verdict_table.hpp"

namespace leafnats::config::test {

inline constexpr Case account_cases[] = {
    // names
    {"accounts: [A, B]", loads, true, ""},
    {"accounts: [A, A]", refused, false, "Duplicate Account Entry: A"},
    {"accounts: [\"$G\"]", refused, false, "\"$G\" is a Reserved Account"},
    {"accounts { \"$G\": {} }", refused, false, "\"$G\" is a Reserved Account"},
    {"accounts { $SYS { users: [{user: a, password: b}] }, A {} }", loads, true, ""},
    {"accounts { A: 5 }", refused, false, "Expected map entries for accounts"},
    {"accounts: 5", refused, true, "nats-server takes it for no accounts at all"},
    {"accounts { A { user: [{user: a}] } }", refused, false, "users are a list"},
    {"accounts { U = [{user: a}], A { users: $U } }", loads, true, ""},
    {"accounts { A { nkey: " AN_ACCOUNT_KEY " } }", loads, true, ""},
    {"accounts { A { nkey: x } }", refused, false, "Not a valid public nkey for an account: \"x\""},
    {"system_account: A\naccounts { A {} }", loads, true, ""},
    {"system: A\naccounts { A {} }", loads, true, ""},
    {"system_account: SYS", refused, true, "nats-server says so when it starts"},
    {"system_account: \"$SYS\"", loads, true, ""},

    // users
    {"accounts { A { users: [{user: a}] }, B { users: [{user: b}] } }", loads, true, ""},
    {"accounts { A { users: [{user: a}] }, B { users: [{user: a}] } }", refused, false,
     "Duplicate user \"a\" detected"},
    {"authorization { users: [{user: a}] }\naccounts { A { users: [{user: a}] } }", refused, false,
     "Duplicate user \"a\" detected"},
    {"accounts { A { users: [{nkey: " A_USER_KEY "}] }, B { users: [{nkey: " A_USER_KEY "}] } }",
     refused, false, "Duplicate nkey"},
    {"authorization { user: u, password: p }\naccounts { A { users: [{user: a}] } }", refused,
     false, "Can not have a single user/pass and accounts"},
    {"authorization { token: t }\naccounts { A { users: [{user: a}] } }", refused, false,
     "Can not have a token and accounts"},
    {"authorization { token: t }\naccounts { A {} }", loads, true, ""},
    {"no_auth_user: a\naccounts { A { users: [{user: a}] } }", loads, true, ""},
    {"no_auth_user: b\naccounts { A { users: [{user: a}] } }", refused, false,
     "not present as user or nkey"},
    {"accounts { A { default_permissions { publish: a }, users: [{user: a}] } }", loads, true, ""},
    {"accounts { A { default_permissions { publish: \"a..b\" } } }", refused, false,
     "subject \"a..b\" is not a valid subject"},
    {"accounts { A { limits { max_conn: 5, max_subs: 4, max_pay: 3, max_leafs: -1 } } }", loads,
     true, ""},
    {"accounts { A { limits { max_connections: 5, max_subscriptions: 4, max_payload: 1K, "
     "max_leafnodes: 2 } } }", loads, true, ""},
    {"accounts { A { limits { max_foo: 5 } } }", refused, false, "unknown field \"max_foo\""},
    {"accounts { A { jetstream: disabled } }", loads, true, ""},
    {"accounts { A { jetstream: enabled } }", unsupported, true, "JetStream"},
    {"accounts { A { jetstream: maybe } }", refused, false, "'enabled', 'disabled'"},
    {"accounts { A { msg_trace: foo } }", loads, true, ""},

    // exports
    {"accounts { A { exports: [{stream: \"a.>\"}, {service: b, response: stream, threshold: "
     "\"5s\", accounts: [B], latency: { sampling: 5%, subject: lat }}] }, B { imports: [{service: "
     "{account: A, subject: b}, to: c, share: true}, {stream: {account: A, subject: a.b}, prefix: "
     "x}] } }", loads, true, ""},
    {"accounts { A { exports: [{service: a, response_type: Chunked, response_time: \"1m\"}] } }",
     loads, true, ""},
    {"accounts { A { exports: [{service: a, response: x}] } }", refused, false,
     "Unknown response type: \"x\""},
    {"accounts { A { exports: [{stream: a, response: stream}] } }", refused, false,
     "Detected response directive on non-service"},
    {"accounts { A { exports: [{stream: a, latency: x}] } }", refused, false,
     "Detected latency directive on non-service"},
    {"accounts { A { exports: [{stream: a, service: b}] } }", refused, false, "but already saw a"},
    {"accounts { A { exports: [{accounts: [A]}] } }", refused, true, "an export of nothing"},
    {"accounts { A { exports: [{stream: a, accounts: [X]}] } }", refused, false,
     "\"X\" account not defined for stream export"},
    {"accounts { A { exports: [{service: a, latency: x}] } }", loads, true, ""},
    {"accounts { A { exports: [{service: a, latency: {sampling: headers, subject: x}}] } }", loads,
     true, ""},
    {"accounts { A { exports: [{service: a, latency: {sampling: 0, subject: x}}] } }", refused,
     false, "bad sampling percentage"},
    {"accounts { A { exports: [{service: a, latency: {sampling: 50}}] } }", refused, false,
     "Latency subject required, but missing"},
    {"accounts { A { exports: [{stream: \"a..b\"}] } }", refused, true,
     "nothing is ever published there"},
    {"accounts { A { exports: [{service: \"a.*\", account_token_position: 2}] }, B { imports: "
     "[{service: {account: A, subject: a.B}}] } }", loads, true, ""},
    {"accounts { A { exports: [{service: \"a.*\", account_token_position: 1}] } }", refused, false,
     "account_token_position"},
    {"accounts { A { exports: {stream: a} } }", refused, false, "to be an array"},

    // imports
    {"accounts { A { imports: [{stream: {account: B, subject: c}}] } }", refused, false,
     "\"B\" account not defined for stream import"},
    {"accounts { A { exports: [{service: a}] }, B { imports: [{service: {account: A}}] } }",
     refused, false, "Expect an account name and a subject"},
    {"accounts { A { exports: [{stream: a}] }, B { imports: [{stream: {account: A, subject: a}, "
     "prefix: x, to: y}] } }", refused, false, "can not have a 'prefix' and a 'to'"},
    {"accounts { A { exports: [{service: a}] }, B { imports: [{service: {account: A, subject: a}}, "
     "{service: {account: A, subject: a}}] } }", refused, false,
     "Duplicate service import subject \"a\""},
    {"accounts { A { exports: [{service: a}] }, B { imports: [{service: {account: A, subject: a}, "
     "prefix: x}] } }", loads, true, ""},

    {"accounts { A { exports: [{stream: \"a.>\"}] }, B { imports: [{stream: {account: A, subject: "
     "c}}] } }", refused, false, "stream import not authorized"},
    {"accounts { A { exports: [{stream: a, accounts: [A]}] }, B { imports: [{stream: {account: A, "
     "subject: a}}] } }", refused, false, "stream import not authorized"},
    {"accounts { A { imports: [{service: {account: B, subject: x}}], exports: [{service: y}] }, B "
     "{ exports: [{service: x}], imports: [{service: {account: A, subject: y}, to: x}]} }", refused,
     false, "import forms a cycle"},

    // mappings
    {"mappings { a: b }", loads, true, ""},
    {"maps { a: b }\naccounts { A { maps { a: b } } }", loads, true, ""},
    {"accounts { A { mappings { a: b, \"c.*\": [{dest: d, weight: 50%}, {dest: e, weight: 40, "
     "cluster: x}], f: {destination: g, weight: \"10%\"} } } }", loads, true, ""},
    {"mappings { a: [{dest: b}] }", refused, false,
     "Missing weight for mapping destination \"b\""},
    {"mappings { a: [{dest: b, weight: 101}] }", refused, false, "Invalid weight"},
    {"mappings { a: [{dest: b, weight: x%}] }", refused, false, "Invalid weight"},
    {"mappings { a: [{dest: b, weight: 60}, {dest: c, weight: 60}] }", refused, false,
     "total weight needs to be <= 100"},
    {"mappings { \"a.*\": \"b.$2\" }", refused, false, "wildcard index out of range"},
    {"mappings { \"a..b\": b }", refused, false, "Error adding mapping"},
    {"mappings { a: 5 }", refused, false, "must be a subject"},
    {"mappings: 5", refused, false, "must be a map"},
};

#define A_CALLOUT(FIELDS) "authorization { users: [{user: a}], auth_callout { " FIELDS " } }"

inline constexpr Case callout_cases[] = {
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY ", auth_users: [a]"), loads, true, ""},
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY ", users: [a], acc: \"$G\""), loads, true, ""},
    {A_CALLOUT("issuer: x, auth_users: [a]"), refused, false, "valid public account nkey"},
    {A_CALLOUT("auth_users: [a]"), refused, false, "require an issuer"},
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY), refused, false, "require authorized users"},
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY ", auth_users: a"), refused, false, "to be an array"},
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY ", auth_users: [a], xkey: x"), refused, false,
     "valid public xkey"},
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY ", auth_users: [a], allowed_accounts: [Y]"), refused,
     false, "allowed account \"Y\" not found"},
    {A_CALLOUT("issuer: " AN_ACCOUNT_KEY ", auth_users: [a], account: X"), refused, true,
     "nats-server says so when it starts, and starts"},
    {A_CALLOUT("isuer: " AN_ACCOUNT_KEY ", auth_users: [a]"), refused, false,
     "did you mean \"issuer\"?"},
};
#undef A_CALLOUT

inline constexpr Case operator_cases[] = {
    {"resolver: MEMORY", loads, true, ""},
    {"resolver: MEM", loads, true, ""},
    {"resolver: URL(http://localhost:9090/jwt/v1/accounts/)", loads, true, ""},
    {"resolver: whatever", refused, false, "should be MEM"},
    {"resolver { type: full }", refused, false, "dir has no value"},
    {"resolver { type: cache, dir: \"/tmp\", interval: \"1m\" }", refused, false,
     "CACHE does not accept sync"},
    {"resolver { type: cache, dir: \"/tmp\", allow_delete: true }", refused, false,
     "CACHE does not accept allow_delete"},
    {"resolver { type: full, dir: \"/tmp\", ttl: \"1m\" }", refused, false,
     "FULL does not accept ttl"},
    {"trusted_keys: x", refused, false, "valid public operator nkey"},
    {"resolver_preload { x: y }", refused, false, "account_jwt"},
};

}  // namespace leafnats::config::test
