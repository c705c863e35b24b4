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

#include "sepal/kernels/epilogue.h"
#include "sepal/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

constexpr int kTileRows = kManyRegisters ? 14 : 6;
constexpr int kTileVectors = 2;

// Of a result that is written past the caches a tile writes four vectors of fewer rows, 256 bytes together: 2
// to 5 % of the time of layers such as 112 x 112, 64 -> 128 with stride 2, eight images. In the caches both
// are level.
constexpr int kWideRows = 7;
constexpr int kWideVectors = 4;

/// Where the vectors of a tile begin in the right operand: kTogether neighbours at each place.
template <int kVectors, int kTogether>
struct RightVectors {
  const float* at[(kVectors + kTogether - 1) / kTogether];

  HWY_INLINE void advance(std::int64_t floats) {
    for (const float*& place : at) place += floats;
  }
};

/// Where the rows of a tile begin in the left operand: a row in four has its address, the others lie one to
/// three steps behind, so that fourteen rows take seven registers.
template <int kRows>
struct FarRows {
  static constexpr int kTogether = 4;
  const float* at[(kRows + kTogether - 1) / kTogether];
  std::int64_t step;

  FarRows(const float* first, std::int64_t row_step) : step(row_step) {
    for (const float*& place : at) {
      place = first;
      first += kTogether * row_step;
    }
  }
  HWY_INLINE const float* row(int r) const { return at[r / kTogether] + r % kTogether * step; }
  HWY_INLINE void advance(std::int64_t floats) {
    for (const float*& place : at) place += floats;
  }
};

/// Rows a constant number of floats apart: one address and distances from it.
template <int kStep>
struct EvenRows {
  const float* first;

  HWY_INLINE const float* row(int r) const { return first + r * kStep; }
  HWY_INLINE void advance(std::int64_t floats) { first += floats; }
};

/// acc[i][j] += sum over depth of a.row(i)[depth * kDepthStep] * (vector j of b, b_step further on for each
/// depth). Both operands are moved on. kHalf: of the last vector only the lower half is computed, which takes
/// half the time where the multipliers are 256 bits wide (Zen 4).
template <int kRows, int kVectors, int kTogether, int kDepthStep, bool kHalf = false, class Left>
HWY_INLINE void accumulate(std::int64_t depth, Left& a, RightVectors<kVectors, kTogether>& b,
                           std::int64_t b_step, FloatVector (&acc)[kRows][kVectors]) {
  constexpr int kWhole = kHalf ? kVectors - 1 : kVectors;
  using HalfVector = hn::Vec<HalfTag>;
  HalfVector half[kHalf ? kRows : 1];
  if constexpr (kHalf) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) half[r] = hn::LowerHalf(kHalfTag, acc[r][kWhole]);
  }
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < depth; ++i) {
    FloatVector right[kVectors];
    HalfVector right_half;
#pragma GCC unroll 4
    for (int j = 0; j < kWhole; ++j) right[j] = hn::Load(kTag, b.at[j / kTogether] + j % kTogether * kLanes);
    if constexpr (kHalf) {
      right_half = hn::Load(kHalfTag, b.at[kWhole / kTogether] + kWhole % kTogether * kLanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const FloatVector left = hn::Set(kTag, *a.row(r));
#pragma GCC unroll 4
      for (int j = 0; j < kWhole; ++j) acc[r][j] = hn::MulAdd(left, right[j], acc[r][j]);
      if constexpr (kHalf) half[r] = hn::MulAdd(hn::LowerHalf(kHalfTag, left), right_half, half[r]);
    }
    a.advance(kDepthStep);
    b.advance(b_step);
  }
  if constexpr (kHalf) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) acc[r][kWhole] = whole_of(half[r]);
  }
}

/// The position of vector `v` of a row of blocks that lie `block` floats apart.
HWY_INLINE std::int64_t vector_offset(std::int64_t v, std::int64_t block) {
  return v * kLanes / kLaneBlock * block + v * kLanes % kLaneBlock;
}

/// Columns of a panel: those of a tile, so that a tile reads one stream of memory. At least a block.
constexpr std::int64_t kPanelColumns = std::max<std::int64_t>(kTileVectors * kLanes, kLaneBlock);

/// Memory that will be wanted soon, asked for a little with every tile.
struct Ahead {
  const float* from = nullptr;
  std::int64_t floats = 0;
};

/// What becomes of the sums of a product: c = clamp(sums + bias + residual).
struct Results {
  std::int64_t columns;
  const float* bias;                // [column block][16] or null
  const float* residual = nullptr;  // as c, with row r at residual_offset[r]
  const std::int64_t* residual_offset = nullptr;
  Clamp clamp = {};
  float* c;  // row r at row_offset[r], column block k at k * c_block, 16 columns together
  const std::int64_t* row_offset;
  std::int64_t c_block;
  // c lies in main memory. Its lines are then asked for before a tile is computed and not when it is stored:
  // the hundreds of cycles in between hide their way into the cache.
  bool c_is_far;
  // c is written past the caches; each vector of it must then be whole and aligned.
  bool stream = false;
};

/// `rows` x `depth` times `depth` x `columns`, the columns from `begin_column` (of a panel) to `end_column`.
struct Product {
  std::int64_t rows, depth;
  std::int64_t begin_column = 0, end_column = 0;
  const float* a;  // 16 neighbours in depth together
  std::int64_t a_row, a_block;
  const float* b;  // [panel][depth][panel_columns], zero behind the last column
  std::int64_t panel_columns;
  Results results;
  Ahead ahead = {};
};

/// The vectors of a tile, from `vector` on, in a matrix of panels. A panel is at least kTileVectors wide.
template <int kVectors>
HWY_INLINE RightVectors<kVectors, kTileVectors> panel_vectors(const float* b, std::int64_t depth,
                                                              std::int64_t panel_columns,
                                                              std::int64_t vector) {
  RightVectors<kVectors, kTileVectors> vectors;
  std::int64_t column = vector * kLanes;
  for (const float*& place : vectors.at) {
    place = b + column / panel_columns * panel_columns * depth + column % panel_columns;
    column += kTileVectors * kLanes;
  }
  return vectors;
}

/// The first values of a tile's sums. Asks for what finish_tile reads and writes.
template <int kRows, int kVectors>
HWY_INLINE void start_tile(const Results& p, std::int64_t row, std::int64_t vector,
                           FloatVector (&acc)[kRows][kVectors]) {
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) {
    const FloatVector start =
        p.bias != nullptr ? hn::Load(kTag, p.bias + (vector + j) * kLanes) : hn::Zero(kTag);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) acc[r][j] = start;
  }
  const std::int64_t c_offset = vector_offset(vector, p.c_block);
  const std::int64_t c_next = vector_offset(vector + 1, p.c_block) - c_offset;
  if (p.c_is_far && !p.stream) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) hwy::Prefetch(p.c + c_offset + p.row_offset[row + r] + j * c_next);
    }
  }
  if (p.residual != nullptr) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        hwy::Prefetch(p.residual + c_offset + p.residual_offset[row + r] + j * c_next);
      }
    }
  }
}

template <int kRows, int kVectors>
HWY_INLINE void finish_tile(const Results& p, std::int64_t row, std::int64_t vector,
                            FloatVector (&acc)[kRows][kVectors]) {
  const std::int64_t columns = p.columns - vector * kLanes;
  const std::int64_t c_offset = vector_offset(vector, p.c_block);
  const std::int64_t c_next = vector_offset(vector + 1, p.c_block) - c_offset;
  float* c = p.c + c_offset;
  if (p.residual != nullptr) {
    const float* residual = p.residual + c_offset;
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const float* from = residual + p.residual_offset[row + r];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) {
        acc[r][j] = hn::Add(acc[r][j], load_first(columns - j * kLanes, from + j * c_next));
      }
    }
  }
  if (p.clamp.active()) {
    const FloatVector lower = hn::Set(kTag, p.clamp.lower), upper = hn::Set(kTag, p.clamp.upper);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) acc[r][j] = hn::Min(upper, hn::Max(lower, acc[r][j]));
    }
  }
  if (p.stream) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      float* to = c + p.row_offset[row + r];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) hn::Stream(acc[r][j], kTag, to + j * c_next);
    }
  } else if (columns >= kVectors * kLanes) {
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

/// A tile's share of the panel that is wanted next: with every 16 steps of depth a few lines.
struct PanelAhead {
  const float* from = nullptr;
  std::int64_t lines = 0, step = 0;  // step: floats from one share to the next

  HWY_INLINE void ask() {
    for (std::int64_t i = 0; i < lines; ++i) __builtin_prefetch(from + i * kLaneBlock, 0, 2);
    from += step;
  }
};

template <int kRows, int kVectors, bool kPacked, bool kHalf>
HWY_INLINE void product_tile(const Product& p, std::int64_t row, std::int64_t vector, PanelAhead ahead) {
  FloatVector acc[kRows][kVectors];
  start_tile(p.results, row, vector, acc);
  RightVectors<kVectors, kTileVectors> b = panel_vectors<kVectors>(p.b, p.depth, p.panel_columns, vector);
  const auto rows_of = [&](const float* first) {
    if constexpr (kPacked) {
      return EvenRows<kLaneBlock>{first};
    } else {
      return FarRows<kRows>(first, p.a_row);
    }
  };
  const float* block = p.a + row * p.a_row;
  for (std::int64_t left = p.depth; left > 0; left -= kLaneBlock) {
    auto a = rows_of(block);
    block += p.a_block;
    const auto next = rows_of(block);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) hwy::Prefetch(next.row(r));
    ahead.ask();
    accumulate<kRows, kVectors, kTileVectors, 1, kHalf>(std::min(left, kLaneBlock), a, b, p.panel_columns,
                                                        acc);
  }
  finish_tile(p.results, row, vector, acc);
}

/// A tile of exactly `rows` rows, 1 <= rows <= kRows.
template <int kRows, int kVectors, bool kPacked, bool kHalf>
HWY_NOINLINE void product_tile_of(const Product& p, std::int64_t row, std::int64_t rows, std::int64_t vector,
                                  const PanelAhead& ahead) {
  if constexpr (kRows > 1) {
    if (rows < kRows)
      return product_tile_of<kRows - 1, kVectors, kPacked, kHalf>(p, row, rows, vector, ahead);
  }
  product_tile<kRows, kVectors, kPacked, kHalf>(p, row, vector, ahead);
}

/// As product_tile_of, with half the arithmetic for a last vector of which half is wanted.
template <int kRows, int kVectors, bool kPacked>
void narrow_tile_of(const Product& p, std::int64_t row, std::int64_t rows, std::int64_t vector,
                    const PanelAhead& ahead) {
  if constexpr (kHalvesVectors && kVectors <= kTileVectors) {
    const std::int64_t columns = p.results.columns - (vector + kVectors - 1) * kLanes;
    if (columns <= kLanes / 2) {
      return product_tile_of<kRows, kVectors, kPacked, true>(p, row, rows, vector, ahead);
    }
  }
  product_tile_of<kRows, kVectors, kPacked, false>(p, row, rows, vector, ahead);
}

/// Whole lines to ask for with each of `tiles` tiles.
HWY_INLINE std::int64_t ahead_step(const Ahead& ahead, std::int64_t tiles) {
  return (ahead.floats / std::max<std::int64_t>(tiles, 1) / kLaneBlock + 1) * kLaneBlock;
}

/// One step through what is wanted soon.
HWY_INLINE void ask_ahead(Ahead& ahead, std::int64_t floats) {
  floats = std::min(floats, ahead.floats);
  for (std::int64_t i = 0; i < floats; i += kLaneBlock) __builtin_prefetch(ahead.from + i, 0, 2);
  ahead.from += floats;
  ahead.floats -= floats;
}

// A right operand of this many bytes does not stay in an L2 beside a strip, and the first tile of a panel
// would wait for L3. Measured with 2 MiB of L2 (Xeon, AVX-512): 2 to 7 % of a layer's time from 2 MB on; for
// 1 MB the asking costs up to 2 % and gains nothing.
constexpr std::int64_t kFarPanelsBytes = 3 * 512 * 1024;

/// The shares of `tiles` tiles of the columns from vector `next` on, or from `begin`, which the next strip
/// starts with.
template <int kVectors>
PanelAhead panel_ahead(const Product& p, std::int64_t next, std::int64_t begin, std::int64_t end,
                       std::int64_t tiles) {
  const auto bytes = p.depth * p.results.columns * static_cast<std::int64_t>(sizeof(float));
  if (bytes < kFarPanelsBytes) return {};
  constexpr std::int64_t kLines = kVectors * kLanes;  // of 16 steps of depth
  return {p.b + (next < end ? next : begin) * kLanes * p.depth, (kLines + tiles - 1) / tiles,
          kLines * kLaneBlock};
}

/// The columns of vectors [begin, end) in tiles of kVectors; what is left over, fewer than kVectors, in
/// single vectors.
template <int kRows, int kVectors, bool kPacked>
void product_columns(const Product& p, std::int64_t begin, std::int64_t end) {
  // Tiles of nearly one height: 20 rows as 10 + 10 and not 14 + 6.
  const std::int64_t groups = (p.rows + kRows - 1) / kRows;
  Ahead ahead = p.ahead;
  const std::int64_t step = ahead_step(ahead, (end - begin + kVectors - 1) / kVectors * groups);
  for (std::int64_t vector = begin; vector < end; vector += kVectors) {
    const PanelAhead next = panel_ahead<kVectors>(p, vector + kVectors, begin, end, groups);
    for (std::int64_t i = 0; i < groups; ++i) {
      PanelAhead panel = next;
      panel.from += i * panel.lines * kLaneBlock;
      const std::int64_t row = p.rows * i / groups, rows = p.rows * (i + 1) / groups - row;
      ask_ahead(ahead, step);
      if (vector + kVectors <= end) {
        narrow_tile_of<kRows, kVectors, kPacked>(p, row, rows, vector, panel);
      } else {
        for (std::int64_t v = vector; v < end; ++v) narrow_tile_of<kRows, 1, kPacked>(p, row, rows, v, panel);
      }
    }
  }
}

template <bool kPacked>
void run_product_of(const Product& p) {
  const std::int64_t begin = p.begin_column / kLanes;
  const std::int64_t end = (std::min(p.end_column, p.results.columns) + kLanes - 1) / kLanes;
  if constexpr (kManyRegisters) {
    if (p.results.stream && (end - begin) % kWideVectors == 0) {
      return product_columns<kWideRows, kWideVectors, kPacked>(p, begin, end);
    }
  }
  product_columns<kTileRows, kTileVectors, kPacked>(p, begin, end);
}

inline void run_product(const Product& p) {
  p.a_row == kLaneBlock ? run_product_of<true>(p) : run_product_of<false>(p);
}

/// c (+)= a transposed * b over `depth` rows of both: the gradient of a product's right operand.
struct OuterProduct {
  std::int64_t depth, rows, columns;
  const float* a;  // [row block][·][16]
  std::int64_t a_block;
  const float* b;  // [column blocks][·][16]
  std::int64_t b_block;
  float* c;  // [column block][rows in whole blocks][16]
  bool add;  // to what c holds
  Ahead ahead = {};
};

template <int kRows, int kVectors>
HWY_INLINE void outer_tile(const OuterProduct& p, std::int64_t row, std::int64_t vector) {
  const std::int64_t c_block = blocks_of(p.rows) * kLaneBlock * kLaneBlock;
  float* c = p.c + vector_offset(vector, c_block) + row * kLaneBlock;
  const std::int64_t c_next = vector_offset(vector + 1, c_block) - vector_offset(vector, c_block);
  RightVectors<kVectors, 1> b;
  for (int j = 0; j < kVectors; ++j) b.at[j] = p.b + vector_offset(vector + j, p.b_block);
  FloatVector acc[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      acc[r][j] = hn::Zero(kTag);
      // c is as large as the kernel: its lines arrive while the tile is computed.
      if (j * kLanes % kLaneBlock == 0) hwy::Prefetch(c + r * kLaneBlock + j * c_next);
    }
  }
  EvenRows<1> a{p.a + row / kLaneBlock * p.a_block + row % kLaneBlock};
  accumulate<kRows, kVectors, 1, kLaneBlock>(p.depth, a, b, kLaneBlock, acc);
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) {
      float* to = c + r * kLaneBlock + j * c_next;
      hn::Store(p.add ? hn::Add(hn::Load(kTag, to), acc[r][j]) : acc[r][j], kTag, to);
    }
  }
}

constexpr int kOuterRows = kManyRegisters ? 8 : 6;

/// A tile of exactly `rows` rows, 1 <= rows <= kRows.
template <int kRows, int kVectors>
HWY_NOINLINE void outer_tile_of(const OuterProduct& p, std::int64_t row, std::int64_t rows,
                                std::int64_t vector) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return outer_tile_of<kRows - 1, kVectors>(p, row, rows, vector);
  }
  outer_tile<kRows, kVectors>(p, row, vector);
}

/// Up to sixteen rows of a block in tiles of nearly one height that the registers hold.
template <int kVectors>
void outer_rows(const OuterProduct& p, std::int64_t row, std::int64_t rows, std::int64_t vector) {
  const std::int64_t tiles = (rows + kOuterRows - 1) / kOuterRows;
  for (std::int64_t i = 0; i < tiles; ++i) {
    const std::int64_t begin = rows * i / tiles, end = rows * (i + 1) / tiles;
    outer_tile_of<kOuterRows, kVectors>(p, row + begin, end - begin, vector);
  }
}

inline void run_outer_product(const OuterProduct& p) {
  const std::int64_t vectors = (p.columns + kLanes - 1) / kLanes;
  Ahead ahead = p.ahead;
  const std::int64_t blocks = blocks_of(p.rows);
  const std::int64_t step = ahead_step(ahead, blocks * ((vectors + 1) / kTileVectors));
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::int64_t row = block * kLaneBlock, rows = std::min(kLaneBlock, p.rows - row);
    for (std::int64_t vector = 0; vector < vectors; vector += kTileVectors) {
      ask_ahead(ahead, step);
      if (vector + kTileVectors <= vectors) {
        outer_rows<kTileVectors>(p, row, rows, vector);
      } else {
        outer_rows<1>(p, row, rows, vector);
      }
    }
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
