#include "sepal/ops/kept_weights.h"

#include "sepal/base/buffer.h"
#include "sepal/kernels/geometry.h"

namespace sepal::ops {

std::shared_ptr<const std::byte[]> WeightCache::find(const WeightVersions& versions, std::int64_t layout,
                                                     std::int64_t floats,
                                                     const std::function<void(float*)>& pack) {
  // Packing happens under the lock: threads that want the same weights wait for the one that packs them.
  const std::lock_guard lock(mutex_);
  if (packed_ == nullptr || versions != versions_ || layout != layout_ || floats != floats_) {
    const std::shared_ptr<std::byte[]> memory =
        allocate_buffer(static_cast<std::size_t>(floats) * sizeof(float));
    pack(reinterpret_cast<float*>(memory.get()));
    packed_ = memory;
    versions_ = versions;
    layout_ = layout;
    floats_ = floats;
  }
  return packed_;
}

std::shared_ptr<const void> WeightCache::find(const WeightVersions& versions, const kernels::Window2D& window,
                                              const std::function<std::shared_ptr<const void>()>& prepare) {
  const std::lock_guard lock(mutex_);
  if (prepared_ == nullptr || versions != versions_ || !(window == *window_)) {
    prepared_ = prepare();
    versions_ = versions;
    window_ = std::make_shared<const kernels::Window2D>(window);
  }
  return prepared_;
}

}  // namespace sepal::ops
