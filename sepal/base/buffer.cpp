#include "sepal/base/buffer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "sepal/base/block_arena.h"
#include "sepal/base/error.h"

namespace sepal {
namespace {

// Blocks below this size are served well by malloc itself.
constexpr std::size_t kSmallestCachedBlock = std::size_t{1} << 14;

// Gradients of weights live longer than the activations around them. Among these they would leave no gap for
// a large one.
constexpr std::size_t kSmallestLargeBlock = std::size_t{1} << 20;

// Never destroyed: tensors in static variables may outlive every other static object.
BlockArena& arena_for(std::size_t size) {
  static BlockArena* const small = new BlockArena(std::size_t{1} << 25, SEPAL_BUFFER_CACHE_BYTES / 4);
  static BlockArena* const large = new BlockArena(std::size_t{1} << 28, SEPAL_BUFFER_CACHE_BYTES);
  return size < kSmallestLargeBlock ? *small : *large;
}

}  // namespace

std::shared_ptr<std::byte[]> allocate_buffer(std::size_t bytes) {
  const std::size_t size =
      std::max(kBufferAlignment, (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment);
  const bool cached = SEPAL_BUFFER_CACHE_BYTES > 0 && size >= kSmallestCachedBlock;
  auto* block = cached ? arena_for(size).take(size)
                       : static_cast<std::byte*>(std::aligned_alloc(kBufferAlignment, size));
  if (block == nullptr)
    throw OSError(fmt::format("Out of memory: cannot allocate {} bytes for a tensor.", size));
  return {block, [size, cached](std::byte* p) {
            if (cached) {
              arena_for(size).give(p, size);
            } else {
              std::free(p);
            }
          }};
}

void release_cached_buffers() {
  for (const std::size_t size : {kSmallestCachedBlock, kSmallestLargeBlock}) arena_for(size).release();
}

}  // namespace sepal
