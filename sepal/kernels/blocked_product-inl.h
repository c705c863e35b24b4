// Matrix products of matrices kept in blocks of 16 columns, [block][row][16]. Included once per SIMD target.
//
// A tile of kTileRows x kTileVectors accumulators stays in registers over the whole depth. AVX-512 has 32
// registers: 14 x 2 accumulators, 2 vectors of b, 1 broadcast; AVX2 has 16: 6 x 2, 2, 1. Per step of depth
// that is 16 loads for 28 multiply-adds (8 for 12), so the multipliers and not the load ports are the limit.
// 14 also divides the pixels of the usual image sizes (7, 14, 28, 56, 112, 224).
#if defined(SEPAL_KERNELS_BLOCKED_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_BLOCKED_PRODUCT_INL_H_
#undef SEPAL_KERNELS_BLOCKED_PRODUCT_INL_H_
#else
#define SEPAL_KERNELS_BLOCKED_PRODUCT_INL_H_
#endif

#include <algorithm>
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

constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;
constexpr int kTileRows = kManyRegisters ? 14 : 6;
constexpr int kTileVectors = 2;

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

/// acc[i][j] += sum over depth of a[i * kRowStep + depth * kDepthStep] * b[j * b_next + 16 * depth + lane].
template <int kRows, int kVectors, int kRowStep, int kDepthStep>
HWY_INLINE void accumulate(std::int64_t depth, const float* HWY_RESTRICT a, const float* HWY_RESTRICT b,
                           std::int64_t b_next, FloatVector (&acc)[kRows][kVectors]) {
  for (std::int64_t i = 0; i < depth; ++i) {
    FloatVector right[kVectors];
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) right[j] = hn::Load(kTag, b + j * b_next);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const FloatVector left = hn::Set(kTag, a[r * kRowStep]);
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) acc[r][j] = hn::MulAdd(left, right[j], acc[r][j]);
    }
    a += kDepthStep;
    b += kLaneBlock;
  }
}

/// The position of vector `v` of a row of blocks that lie `block` floats apart.
HWY_INLINE std::int64_t vector_offset(std::int64_t v, std::int64_t block) {
  return v * kLanes / kLaneBlock * block + v * kLanes % kLaneBlock;
}

/// c = a * b + bias: `rows` x `depth` times `depth` x `columns`.
struct Product {
  std::int64_t rows, depth, columns;
  const float* a;  // [depth block][rows of a][16]
  std::int64_t a_block;
  const float* b;     // [column block][depth][16], zero behind `columns`
  const float* bias;  // [column block][16] or null
  float* c;           // row r at row_offset[r], column block k at k * c_block, 16 columns together
  const std::int64_t* row_offset;
  std::int64_t c_block;
  // c lies in main memory. Its lines are then asked for before a tile is computed and not when it is stored:
  // the hundreds of cycles in between hide their way into the cache.
  bool c_is_far;
};

template <int kRows, int kVectors>
HWY_INLINE void product_tile(const Product& p, std::int64_t row, std::int64_t vector) {
  const std::int64_t b_block = p.depth * kLaneBlock;
  const float* b = p.b + vector_offset(vector, b_block);
  const std::int64_t b_next = vector_offset(vector + 1, b_block) - vector_offset(vector, b_block);
  FloatVector acc[kRows][kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    const FloatVector start =
        p.bias != nullptr ? hn::Load(kTag, p.bias + (vector + j) * kLanes) : hn::Zero(kTag);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) acc[r][j] = start;
  }
  float* c = p.c + vector_offset(vector, p.c_block);
  const std::int64_t c_next = vector_offset(vector + 1, p.c_block) - vector_offset(vector, p.c_block);
  if (p.c_is_far) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) hwy::Prefetch(c + p.row_offset[row + r] + j * c_next);
    }
  }
  const float* a = p.a + row * kLaneBlock;
  for (std::int64_t left = p.depth; left > 0; left -= kLaneBlock) {
    accumulate<kRows, kVectors, kLaneBlock, 1>(std::min(left, kLaneBlock), a, b, b_next, acc);
    a += p.a_block;
    b += kLaneBlock * kLaneBlock;
  }
  const std::int64_t columns = p.columns - vector * kLanes;
  if (columns >= kVectors * kLanes) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      float* to = c + p.row_offset[row + r];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) hn::StoreU(acc[r][j], kTag, to + j * c_next);
    }
  } else {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      float* to = c + p.row_offset[row + r];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) store_first(acc[r][j], columns - j * kLanes, to + j * c_next);
    }
  }
}

/// A tile of exactly `rows` rows, 1 <= rows <= kRows.
template <int kRows, int kVectors>
HWY_NOINLINE void product_tile_of(const Product& p, std::int64_t row, std::int64_t rows,
                                  std::int64_t vector) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return product_tile_of<kRows - 1, kVectors>(p, row, rows, vector);
  }
  product_tile<kRows, kVectors>(p, row, vector);
}

template <int kVectors>
void product_columns(const Product& p, std::int64_t vector) {
  for (std::int64_t row = 0; row < p.rows; row += kTileRows) {
    product_tile_of<kTileRows, kVectors>(p, row, std::min<std::int64_t>(kTileRows, p.rows - row), vector);
  }
}

inline void run_product(const Product& p) {
  const std::int64_t vectors = (p.columns + kLanes - 1) / kLanes;
  std::int64_t vector = 0;
  for (; vector + kTileVectors <= vectors; vector += kTileVectors) product_columns<kTileVectors>(p, vector);
  for (; vector < vectors; ++vector) product_columns<1>(p, vector);
}

/// c (+)= a transposed * b over `depth` rows of both: the gradient of a product's right operand.
struct OuterProduct {
  std::int64_t depth, a_blocks, columns;
  const float* a;  // [a_blocks][·][16]
  std::int64_t a_block;
  const float* b;  // [column blocks][·][16]
  std::int64_t b_block;
  float* c;  // [column block][16 * a_blocks][16]
  bool add;  // to what c holds
};

template <int kRows, int kVectors>
HWY_INLINE void outer_tile(const OuterProduct& p, std::int64_t row, std::int64_t vector) {
  const std::int64_t c_block = p.a_blocks * kLaneBlock * kLaneBlock;
  float* c = p.c + vector_offset(vector, c_block) + row * kLaneBlock;
  const std::int64_t c_next = vector_offset(vector + 1, c_block) - vector_offset(vector, c_block);
  const std::int64_t b_next = vector_offset(vector + 1, p.b_block) - vector_offset(vector, p.b_block);
  FloatVector acc[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      acc[r][j] = p.add ? hn::Load(kTag, c + r * kLaneBlock + j * c_next) : hn::Zero(kTag);
    }
  }
  accumulate<kRows, kVectors, 1, kLaneBlock>(p.depth, p.a + row / kLaneBlock * p.a_block + row % kLaneBlock,
                                             p.b + vector_offset(vector, p.b_block), b_next, acc);
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) hn::Store(acc[r][j], kTag, c + r * kLaneBlock + j * c_next);
  }
}

/// The sixteen rows of a block in tiles that the registers hold.
template <int kVectors>
HWY_NOINLINE void outer_rows(const OuterProduct& p, std::int64_t row, std::int64_t vector) {
  if constexpr (kManyRegisters) {
    outer_tile<8, kVectors>(p, row, vector);
    outer_tile<8, kVectors>(p, row + 8, vector);
  } else {
    outer_tile<6, kVectors>(p, row, vector);
    outer_tile<5, kVectors>(p, row + 6, vector);
    outer_tile<5, kVectors>(p, row + 11, vector);
  }
}

inline void run_outer_product(const OuterProduct& p) {
  const std::int64_t vectors = (p.columns + kLanes - 1) / kLanes;
  for (std::int64_t block = 0; block < p.a_blocks; ++block) {
    const std::int64_t row = block * kLaneBlock;
    std::int64_t vector = 0;
    for (; vector + kTileVectors <= vectors; vector += kTileVectors) outer_rows<kTileVectors>(p, row, vector);
    for (; vector < vectors; ++vector) outer_rows<1>(p, row, vector);
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
