#include "sepal/kernels/scratch.h"

#include <cstddef>
#include <memory>
#include <new>

namespace sepal::kernels {
namespace {

constexpr std::align_val_t kAlignment{64};

struct Release {
  void operator()(float* memory) const { ::operator delete(memory, kAlignment); }
};

struct Block {
  std::unique_ptr<float, Release> memory;
  std::int64_t size = 0;
};

}  // namespace

float* thread_scratch(ScratchUse use, std::int64_t floats) {
  thread_local Block blocks[2];
  Block& block = blocks[static_cast<std::size_t>(use)];
  if (block.size < floats) {
    block.memory.reset();
    block.size = 0;
    block.memory.reset(
        static_cast<float*>(::operator new(static_cast<std::size_t>(floats) * sizeof(float), kAlignment)));
    block.size = floats;
  }
  return block.memory.get();
}

}  // namespace sepal::kernels
