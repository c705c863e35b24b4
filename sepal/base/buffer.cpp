#include "sepal/base/buffer.h"

#include <fmt/format.h>

#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/base/large_pages.h"

namespace sepal {
namespace {

// Blocks below this size are served well by malloc itself.
constexpr std::size_t kSmallestCachedBlock = std::size_t{1} << 14;

// Sizes are rounded up to eighths of a power of two: at most 12.5 % is wasted and few distinct sizes exist.
std::size_t rounded_size(std::size_t bytes) {
  if (bytes <= kBufferAlignment) return kBufferAlignment;
  const std::size_t step = std::max(kBufferAlignment, std::bit_floor(bytes) / 8);
  return (bytes + step - 1) / step * step;
}

// nullptr if there is no memory.
void* new_block(std::size_t size) {
  if (size < kLargePage) return std::aligned_alloc(kBufferAlignment, size);
  void* block = std::aligned_alloc(kLargePage, (size + kLargePage - 1) / kLargePage * kLargePage);
  if (block != nullptr) prefer_large_pages(block, size);
  return block;
}

class BlockCache {
 public:
  void* take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = free_.find(size);
    if (found == free_.end() || found->second.empty()) return nullptr;
    void* block = found->second.back();
    found->second.pop_back();
    cached_bytes_ -= size;
    return block;
  }

  // False when the cache is full and the caller has to free the block.
  bool give(void* block, std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (cached_bytes_ + size > SEPAL_BUFFER_CACHE_BYTES) return false;
    free_[size].push_back(block);
    cached_bytes_ += size;
    return true;
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    for (auto& [size, blocks] : free_) {
      for (void* block : blocks) std::free(block);
    }
    free_.clear();
    cached_bytes_ = 0;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;
  std::size_t cached_bytes_ = 0;
};

// Never destroyed: tensors in static variables may outlive every other static object.
BlockCache& block_cache() {
  static BlockCache* const cache = new BlockCache;
  return *cache;
}

}  // namespace

std::shared_ptr<std::byte[]> allocate_buffer(std::size_t bytes) {
  const std::size_t size = rounded_size(bytes);
  const bool cached = size >= kSmallestCachedBlock;
  void* block = cached ? block_cache().take(size) : nullptr;
  if (block == nullptr) block = new_block(size);
  if (block == nullptr && cached) {
    block_cache().clear();
    block = new_block(size);
  }
  if (block == nullptr)
    throw OSError(fmt::format("Out of memory: cannot allocate {} bytes for a tensor.", size));
  return {static_cast<std::byte*>(block), [size, cached](std::byte* p) {
            if (!cached || !block_cache().give(p, size)) std::free(p);
          }};
}

void release_cached_buffers() { block_cache().clear(); }

}  // namespace sepal
