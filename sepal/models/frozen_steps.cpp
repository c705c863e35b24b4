#include "sepal/models/frozen_steps.h"

#include <algorithm>
#include <cstring>

#include "sepal/kernels/batch_norm.h"
#include "sepal/kernels/broadcast.h"
#include "sepal/kernels/pooling.h"
#include "sepal/kernels/reduce.h"
#include "sepal/kernels/softmax.h"
#include "sepal/kernels/strided_copy.h"
#include "sepal/models/frozen_convolution.h"
#include "sepal/ops/channel_sum.h"
#include "sepal/ops/conv_geometry.h"

namespace sepal::frozen {
namespace {

Step step_of(const Convolution& work, const Shapes& inputs, const Shape& output) {
  return convolution_step(work, inputs[0], output);
}

Step step_of(const Normalization& work, const Shapes& inputs, const Shape&) {
  const kernels::ChannelLayout layout = ops::channel_layout(inputs[0], work.axis);
  const std::optional<kernels::Clamp> clamp = work.activation.clamp();
  const kernels::Clamp bounds = clamp.value_or(kernels::Clamp{});
  return {.run =
              [work, layout, applies = !clamp, bounds](const StepArrays& a) {
                const Statistics& s = work.statistics;
                kernels::batch_norm_apply<float>(
                    layout, a.inputs[0],
                    {s.mean.data<float>(), s.scale.data<float>(), s.shift.data<float>(), bounds}, a.output);
                if (applies) apply(work.activation, layout.elements(), a.output, a.output);
              },
          .in_place = true,
          .kernel = "normalize"};
}

Step step_of(const Elementwise& work, const Shapes& inputs, const Shape&) {
  const std::int64_t count = inputs[0].num_elements();
  return {.run = [work, count](const StepArrays& a) { apply(work.activation, count, a.inputs[0], a.output); },
          .in_place = true,
          .kernel = "map"};
}

// An input of lower rank gets axes of length 1 behind its batch axis, as in the layer.
Shape widened(const Shape& shape, int rank) {
  std::vector<std::int64_t> dims = shape.dims();
  if (!dims.empty()) dims.insert(dims.begin() + 1, static_cast<std::size_t>(rank - shape.rank()), 1);
  return Shape(std::move(dims));
}

void join(Merge::Kind kind, const kernels::BroadcastPlan& plan, const float* a, const float* b, float* out) {
  using Kind = Merge::Kind;
  const auto run = [&](auto f) { kernels::map_broadcast(plan, f, out, a, b); };
  switch (kind) {
    case Kind::add:
    case Kind::average:
      return run([](float x, float y) { return x + y; });
    case Kind::subtract:
      return run([](float x, float y) { return x - y; });
    case Kind::multiply:
      return run([](float x, float y) { return x * y; });
    // A NaN in either comes out.
    case Kind::maximum:
      return run([](float x, float y) { return ((x > y) | (x != x)) ? x : y; });
    case Kind::minimum:
      return run([](float x, float y) { return ((x < y) | (x != x)) ? x : y; });
  }
}

Step step_of(const Merge& work, const Shapes& inputs, const Shape& output) {
  Shapes shapes;
  for (const Shape& input : inputs) shapes.push_back(widened(input, output.rank()));
  std::vector<kernels::BroadcastPlan> plans;
  Shape merged = shapes[0];
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    const Shape next = broadcast_shapes(merged, shapes[i]);
    plans.push_back(kernels::plan_broadcast(merged, shapes[i], next));
    merged = next;
  }
  // Intermediate sums that are smaller than the result are rare: they take the way through the workspace.
  const bool all_whole = std::all_of(plans.begin(), plans.end(), [&](const kernels::BroadcastPlan& plan) {
    return plan.count == output.num_elements();
  });
  const std::int64_t count = output.num_elements();
  return {.run =
              [work, plans, count, all_whole](const StepArrays& a) {
                const float* left = a.inputs[0];
                for (std::size_t i = 0; i < plans.size(); ++i) {
                  const bool through_workspace = !all_whole && (plans.size() - i) % 2 == 0;
                  float* out = through_workspace ? a.workspace : a.output;
                  join(work.kind, plans[i], left, a.inputs[i + 1], out);
                  left = out;
                }
                if (work.kind == Merge::Kind::average) {
                  const auto inputs = static_cast<float>(plans.size() + 1);
                  kernels::map(
                      count, [inputs](float x) { return x / inputs; }, a.output, a.output);
                }
                if (!work.activation.is_linear()) apply(work.activation, count, a.output, a.output);
              },
          .workspace = all_whole ? 0 : count,
          .in_place = all_whole && shapes[0] == output,
          .kernel = "merge"};
}

void clamp_to(const kernels::Clamp& clamp, std::int64_t count, const float* in, float* out) {
  const auto [lower, upper] = clamp;
  for (std::int64_t i = 0; i < count; ++i) {
    const float raised = in[i] < lower ? lower : in[i];  // a NaN stays one
    out[i] = raised > upper ? upper : raised;
  }
}

Step step_of(const Concatenation& work, const Shapes& inputs, const Shape& output) {
  const int axis = normalize_axis(work.axis, output.rank());
  const std::int64_t rows = output.slice(0, axis).num_elements();
  struct Piece {
    std::size_t input;
    std::int64_t offset, length;  // within a row
  };
  std::vector<Piece> pieces;
  std::int64_t stride = 0, copied = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t length = inputs[i].slice(axis).num_elements();
    if (work.is_written.empty() || !work.is_written[i]) {
      pieces.push_back({i, stride, length});
      copied += length;
    }
    stride += length;
  }
  if (pieces.empty()) return {.run = {}, .kernel = "written by its inputs"};
  const std::int64_t grain = kernels::kElementGrain / std::max<std::int64_t>(copied, 1) + 1;
  const kernels::Clamp clamp = *work.activation.clamp();
  return {.run =
              [rows, pieces, stride, grain, clamp, clamps = clamp.active()](const StepArrays& a) {
                parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
                  for (std::int64_t row = begin; row < end; ++row) {
                    for (const Piece& piece : pieces) {
                      const float* in = a.inputs[piece.input] + row * piece.length;
                      float* out = a.output + row * stride + piece.offset;
                      if (clamps) {
                        clamp_to(clamp, piece.length, in, out);
                      } else {
                        std::memcpy(out, in, static_cast<std::size_t>(piece.length) * sizeof(float));
                      }
                    }
                  }
                });
              },
          .kernel = "copy"};
}

Step step_of(const Pooling& work, const Shapes& inputs, const Shape&) {
  const ops::Pool2DOptions& o = work.options;
  kernels::Window2D window = ops::conv_window(inputs[0], o.pool_h, o.pool_w, 0,
                                              {.stride_h = o.stride_h,
                                               .stride_w = o.stride_w,
                                               .padding = o.padding,
                                               .channels_first = o.channels_first});
  window.out_c = window.in_c;
  if (work.takes_maximum) {
    return {.run =
                [window](const StepArrays& a) {
                  kernels::max_pool2d<float>(window, a.inputs[0], a.output, nullptr);
                },
            .kernel = "max_pool"};
  }
  return {
      .run = [window](const StepArrays& a) { kernels::average_pool2d<float>(window, a.inputs[0], a.output); },
      .kernel = "average_pool"};
}

Step step_of(const GlobalAverage& work, const Shapes& inputs, const Shape&) {
  const Shape& s = inputs[0];
  const kernels::ReduceSizes sizes = work.channels_first ? kernels::ReduceSizes{s[0] * s[1], s[2] * s[3], 1}
                                                         : kernels::ReduceSizes{s[0], s[1] * s[2], s[3]};
  const std::int64_t results = sizes.outer * sizes.inner;
  return {.run =
              [sizes, results](const StepArrays& a) {
                auto* sums = reinterpret_cast<double*>(a.workspace);
                kernels::reduce_sum(sizes, a.inputs[0], sums);
                const auto pixels = static_cast<double>(sizes.count);
                for (std::int64_t i = 0; i < results; ++i) a.output[i] = static_cast<float>(sums[i] / pixels);
              },
          .workspace = 2 * results,
          .kernel = "reduce"};
}

// One spatial axis of a frame: how much of it is copied, from where to where.
struct FramedAxis {
  FramedAxis(std::int64_t in_length, std::int64_t before, std::int64_t after)
      : length(in_length + std::min<std::int64_t>(before, 0) + std::min<std::int64_t>(after, 0)),
        from(std::max<std::int64_t>(-before, 0)),
        to(std::max<std::int64_t>(before, 0)) {}
  std::int64_t length, from, to;
};

Step step_of(const Frame& work, const Shapes& inputs, const Shape& output) {
  const Shape& in = inputs[0];
  const auto [top, bottom, left, right] = work.cells;
  const int h = work.channels_first ? 2 : 1;
  const FramedAxis rows(in[h], top, bottom);
  const FramedAxis columns(in[h + 1], left, right);
  const std::int64_t inner = work.channels_first ? 1 : in[3];
  const std::int64_t images = work.channels_first ? in[0] * in[1] : in[0];
  const std::int64_t in_row = in[h + 1] * inner, out_row = output[h + 1] * inner;
  const std::vector<kernels::CopyAxis> axes = {{images, in[h] * in_row, output[h] * out_row},
                                               {rows.length, in_row, out_row},
                                               {columns.length * inner, 1, 1}};
  const std::int64_t first_in = rows.from * in_row + columns.from * inner;
  const std::int64_t first_out = rows.to * out_row + columns.to * inner;
  const bool has_zeros = *std::max_element(work.cells.begin(), work.cells.end()) > 0;
  const auto bytes = static_cast<std::size_t>(output.num_elements()) * sizeof(float);
  return {.run =
              [=](const StepArrays& a) {
                if (has_zeros) std::memset(a.output, 0, bytes);
                kernels::copy_strided(axes, sizeof(float), a.inputs[0] + first_in, a.output + first_out);
              },
          .kernel = "copy"};
}

Step step_of(const Softmax&, const Shapes& inputs, const Shape&) {
  const std::int64_t n = inputs[0].back();
  const kernels::RowSizes sizes{n > 0 ? inputs[0].num_elements() / n : 0, n};
  return {.run = [sizes](const StepArrays& a) { kernels::softmax<float>(sizes, a.inputs[0], a.output); },
          .kernel = "softmax"};
}

Step step_of(const View&, const Shapes&, const Shape&) { return {}; }
Step step_of(const Call&, const Shapes&, const Shape&) { return {}; }

}  // namespace

Step step_for(const Work& work, const Shapes& inputs, const Shape& output) {
  return std::visit([&](const auto& each) { return step_of(each, inputs, output); }, work);
}

}  // namespace sepal::frozen
