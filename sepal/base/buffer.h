// Memory of tensors: 64-byte aligned blocks of an arena that stays with the process.
//
// A training step allocates the same few sizes again and again. glibc returns blocks of this size to the
// system at every free, so each step would fault in (and zero) every page anew; keeping freed memory is worth
// about a quarter of a small model's step.
#pragma once

#include <cstddef>
#include <memory>

namespace sepal {

/// Alignment of every buffer, in bytes: one cache line and one AVX-512 register.
inline constexpr std::size_t kBufferAlignment = 64;

/// `bytes` uninitialised bytes, aligned to kBufferAlignment; at least one byte.
/// @throws OSError if there is no memory.
std::shared_ptr<std::byte[]> allocate_buffer(std::size_t bytes);

/// Gives what is free back to the system, as far as no tensor lies among it.
void release_cached_buffers();

}  // namespace sepal
