#include "sepal/base/block_arena.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "sepal/base/large_pages.h"

namespace sepal {

std::byte* BlockArena::take(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (std::byte* block = take_free(bytes)) return block;
  // Pages that nobody touches take no memory.
  if (!add_region(std::max(region_bytes_, bytes)) && !add_region(bytes)) {
    drop_empty_regions();
    if (!add_region(bytes)) return nullptr;
  }
  return take_free(bytes);
}

// The least free piece that is large enough, the first of them: the end of a region, which may be untouched,
// comes last.
std::byte* BlockArena::take_free(std::size_t bytes) {
  Region* region = nullptr;
  std::byte* begin = nullptr;
  std::map<std::size_t, std::size_t>::iterator best;
  for (auto& [at, candidate] : regions_) {
    for (auto piece = candidate.free.begin(); piece != candidate.free.end(); ++piece) {
      if (piece->second < bytes || (region != nullptr && piece->second >= best->second)) continue;
      region = &candidate;
      begin = at;
      best = piece;
    }
  }
  if (region == nullptr) return nullptr;
  const auto [offset, length] = *best;
  region->free.erase(best);
  if (length > bytes) region->free.emplace(offset + bytes, length - bytes);
  free_bytes_ -= bytes;
  // A large page that blocks do not fill takes memory that nobody asked for, a small one in which two blocks
  // meet takes time: 2 to 4 % of a small model's step. In a large region one page more does not matter.
  constexpr std::size_t kLargeRegion = 16 * kLargePage;
  const std::size_t end = offset + bytes + (offset + bytes < kLargeRegion ? 0 : kLargePage - 1);
  const std::size_t filled = std::min(end / kLargePage * kLargePage, region->size);
  if (filled > region->large_pages) {
    prefer_large_pages(begin + region->large_pages, filled - region->large_pages);
    region->large_pages = filled;
  }
  return begin + offset;
}

void BlockArena::give(std::byte* block, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = std::prev(regions_.upper_bound(block));
  Region& region = found->second;
  const auto offset = static_cast<std::size_t>(block - found->first);
  auto piece = region.free.emplace(offset, bytes).first;
  const auto next = std::next(piece);
  if (next != region.free.end() && next->first == offset + bytes) {
    piece->second += next->second;
    region.free.erase(next);
  }
  if (piece != region.free.begin()) {
    const auto before = std::prev(piece);
    if (before->first + before->second == offset) {
      before->second += piece->second;
      region.free.erase(piece);
    }
  }
  free_bytes_ += bytes;
  if (free_bytes_ > most_free_bytes_ && region.is_empty()) drop(found);
}

void BlockArena::release() {
  const std::lock_guard lock(mutex_);
  drop_empty_regions();
}

bool BlockArena::add_region(std::size_t size) {
  size = (size + kLargePage - 1) / kLargePage * kLargePage;
  auto* begin = static_cast<std::byte*>(std::aligned_alloc(kLargePage, size));
  if (begin == nullptr) return false;
  regions_[begin] = {.size = size, .free = {{0, size}}};
  free_bytes_ += size;
  return true;
}

BlockArena::Regions::iterator BlockArena::drop(Regions::iterator region) {
  free_bytes_ -= region->second.size;
  std::free(region->first);
  return regions_.erase(region);
}

void BlockArena::drop_empty_regions() {
  for (auto region = regions_.begin(); region != regions_.end();) {
    region = region->second.is_empty() ? drop(region) : std::next(region);
  }
}

}  // namespace sepal
