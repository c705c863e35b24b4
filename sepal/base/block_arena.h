// BlockArena: blocks of memory from a few large regions. Free neighbours become one, so that a large block
// fits where small ones were: the backward half of a training step frees what the forward half kept from the
// end to the beginning, and lives in that.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

namespace sepal {

class BlockArena {
 public:
  /// A region without blocks goes back to the system if more than `most_free_bytes` are free.
  BlockArena(std::size_t region_bytes, std::size_t most_free_bytes)
      : region_bytes_(region_bytes), most_free_bytes_(most_free_bytes) {}
  ~BlockArena() { release(); }
  BlockArena(const BlockArena&) = delete;
  BlockArena& operator=(const BlockArena&) = delete;

  /// `bytes` (a multiple of kBufferAlignment, at least that) uninitialised bytes, aligned to
  /// kBufferAlignment; nullptr if there is no memory.
  std::byte* take(std::size_t bytes);
  /// Takes back a block of so many bytes.
  void give(std::byte* block, std::size_t bytes);
  /// Gives regions without blocks back to the system.
  void release();

 private:
  struct Region {
    std::size_t size;
    std::map<std::size_t, std::size_t> free;  // offset to length; neighbours are joined
    std::size_t large_pages = 0;              // bytes at the start that were asked to be large pages

    bool is_empty() const { return free.size() == 1 && free.begin()->second == size; }
  };
  using Regions = std::map<std::byte*, Region>;

  std::byte* take_free(std::size_t bytes);
  bool add_region(std::size_t size);
  Regions::iterator drop(Regions::iterator region);
  void drop_empty_regions();

  const std::size_t region_bytes_;
  const std::size_t most_free_bytes_;
  std::mutex mutex_;
  Regions regions_;
  std::size_t free_bytes_ = 0;
};

}  // namespace sepal
