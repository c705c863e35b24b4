#include "sepal/ops/axis_map.h"

#include <algorithm>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/dispatch.h"

namespace sepal::ops {
namespace {

// Elements written that are worth a thread.
constexpr std::int64_t kGrainElements = 16384;

template <class T>
void apply(const AxisMap& map, std::int64_t outer, std::int64_t inner, const T* x, T* y) {
  const std::int64_t out = map.out_length();
  const std::int64_t grain = std::max<std::int64_t>(1, kGrainElements / std::max<std::int64_t>(1, inner));
  parallel_for(outer * out, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* image = x + row / out * map.in_length * inner;
      const auto element = static_cast<std::size_t>(row % out);
      T* to = y + row * inner;
      std::fill(to, to + inner, T(0));
      for (std::size_t k = map.starts[element]; k < map.starts[element + 1]; ++k) {
        const T* from = image + map.indices[k] * inner;
        const T weight = static_cast<T>(map.weights[k]);
        for (std::int64_t i = 0; i < inner; ++i) to[i] += weight * from[i];
      }
    }
  });
}

}  // namespace

AxisMap AxisMap::transposed() const {
  std::vector<std::size_t> next(static_cast<std::size_t>(in_length) + 1, 0);
  for (const std::int64_t index : indices) ++next[static_cast<std::size_t>(index) + 1];
  for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  AxisMap result;
  result.in_length = out_length();
  result.starts = next;
  result.indices.resize(indices.size());
  result.weights.resize(indices.size());
  for (std::size_t element = 0; element + 1 < starts.size(); ++element) {
    for (std::size_t k = starts[element]; k < starts[element + 1]; ++k) {
      const std::size_t place = next[static_cast<std::size_t>(indices[k])]++;
      result.indices[place] = static_cast<std::int64_t>(element);
      result.weights[place] = weights[k];
    }
  }
  return result;
}

Tensor map_axis(const char* op, const Tensor& x, int axis, std::shared_ptr<const AxisMap> map) {
  Shape shape = x.shape();
  shape[axis] = map->out_length();
  Tensor y(shape, x.dtype());
  const std::int64_t outer = shape.slice(0, axis).num_elements();
  const std::int64_t inner = shape.slice(axis + 1).num_elements();
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    apply<T>(*map, outer, inner, x.data<T>(), y.mutable_data<T>());
  });
  if (GradientTape::is_recording({x})) {
    GradientTape::record(op, {x}, {y}, [op, axis, map](const Tensors& g) {
      return Tensors{map_axis(op, g[0], axis, std::make_shared<const AxisMap>(map->transposed()))};
    });
  }
  return y;
}

}  // namespace sepal::ops
