// The vectors that the blocked kernels work in, and loads and stores of some of their lanes. Included once
// per SIMD target.
#if defined(SEPAL_KERNELS_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_VECTORS_INL_H_
#undef SEPAL_KERNELS_VECTORS_INL_H_
#else
#define SEPAL_KERNELS_VECTORS_INL_H_
#endif

#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "sepal/kernels/strip_plan.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, kLaneBlock>;
using FloatVector = hn::Vec<FloatTag>;
constexpr FloatTag kTag;
constexpr std::int64_t kLanes = hn::MaxLanes(FloatTag());

// Halves of vectors, where a half may take half the time of a whole.
using HalfTag = hn::Half<FloatTag>;
constexpr HalfTag kHalfTag;
constexpr bool kHalvesVectors = HWY_TARGET == HWY_AVX3;

/// The half and zeros. Vectors of one lane have no halves.
HWY_INLINE FloatVector whole_of(hn::Vec<HalfTag> half) {
#if HWY_TARGET == HWY_SCALAR
  return half;
#else
  return hn::ZeroExtendVector(kTag, half);
#endif
}

constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;

// AVX2 and AVX-512 have loads and stores that leave masked lanes alone; elsewhere Highway would read and
// write whole vectors, beyond the end of an array or into what another thread writes.
constexpr bool kHasMaskedMemory = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2;

/// The first `count` lanes (any number) and zeros, without touching memory behind them.
HWY_INLINE FloatVector load_first(std::int64_t count, const float* from) {
  if (count >= kLanes) return hn::LoadU(kTag, from);
  if (count <= 0) return hn::Zero(kTag);
  if constexpr (kHasMaskedMemory) {
    return hn::MaskedLoad(hn::FirstN(kTag, static_cast<std::size_t>(count)), kTag, from);
  } else {
    alignas(64) float lanes[kLaneBlock] = {};
    std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(float));
    return hn::Load(kTag, lanes);
  }
}

HWY_INLINE void store_first(FloatVector v, std::int64_t count, float* to) {
  if (count >= kLanes) return hn::StoreU(v, kTag, to);
  if (count <= 0) return;
  if constexpr (kHasMaskedMemory) {
    hn::BlendedStore(v, hn::FirstN(kTag, static_cast<std::size_t>(count)), kTag, to);
  } else {
    alignas(64) float lanes[kLaneBlock];
    hn::Store(v, kTag, lanes);
    std::memcpy(to, lanes, static_cast<std::size_t>(count) * sizeof(float));
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
