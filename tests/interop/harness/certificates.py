# SPDX-License-Identifier: Apache-2.0
#
# Certificates for scenarios, made with the openssl command in the scenario's folder: no private
# key lies in the repository.

import subprocess

from .checks import Failure

YEAR = "365"


class Authority:
    """A certificate authority in a folder of its own kind: files are <name>.pem and <name>.key."""

    def __init__(self, folder, name="ca"):
        self.folder, self.name, self._serial = folder, name, 0
        self._openssl("req", "-x509", *self._new_key(name), "-subj", f"/CN={name}",
                      "-days", YEAR, "-addext", "basicConstraints=critical,CA:TRUE",
                      "-out", f"{name}.pem")

    @property
    def file(self):
        return f"{self.name}.pem"

    def issue(self, name, subject=None, names="DNS:localhost,IP:127.0.0.1", days=YEAR):
        """A certificate signed by this authority. `days` "-1": it has expired."""
        self._serial += 1
        self._openssl("req", "-new", *self._new_key(name), "-subj", subject or f"/CN={name}",
                      "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", self.file,
                      "-CAkey", f"{self.name}.key", "-set_serial", f"{self._serial}",
                      "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return f'cert_file: "{name}.pem", key_file: "{name}.key"'

    def pin(self, name):
        """Hex SHA-256 of the public key of a certificate that was issued here."""
        key = self._openssl("x509", "-in", f"{name}.pem", "-pubkey", "-noout")
        der = self._openssl("pkey", "-pubin", "-outform", "DER", stdin=key)
        return self._openssl("dgst", "-sha256", "-hex", stdin=der).decode().split()[-1]

    def _new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", f"{name}.key")

    def _openssl(self, *args, stdin=b""):
        done = subprocess.run(["openssl", *args], cwd=self.folder, input=stdin,
                              capture_output=True)
        if done.returncode:
            raise Failure(f"openssl {args[0]}: {done.stderr.decode(errors='replace')}")
        return done.stdout
