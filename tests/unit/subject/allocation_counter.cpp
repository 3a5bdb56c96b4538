// SPDX-License-Identifier: Apache-2.0
//
// operator new and delete over malloc, with two counters.

#include "unit/subject/allocation_counter.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

std::size_t bytes_in_use = 0;
std::size_t count = 0;

// glibc puts a size in front of each block.
constexpr std::size_t block_header = sizeof(std::size_t);

void* counted(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  ++count;
  bytes_in_use += malloc_usable_size(memory) + block_header;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr) bytes_in_use -= malloc_usable_size(memory) + block_header;
  std::free(memory);
}

}  // namespace

namespace leafnats::subject::test {

std::size_t allocated_bytes() noexcept { return bytes_in_use; }
std::size_t allocations() noexcept { return count; }

}  // namespace leafnats::subject::test

void* operator new(std::size_t bytes) { return counted(std::malloc(bytes)); }
void* operator new[](std::size_t bytes) { return counted(std::malloc(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(alignment), bytes) != 0) memory = nullptr;
  return counted(memory);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(std::malloc(bytes));
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return counted(std::malloc(bytes));
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
