#include "sepal/layers/rnn/time_distributed.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {
namespace {

// What the layer inside sees: the shape without the axis of steps.
Shape step_shape(const Shape& shape) {
  if (shape.rank() < 3) {
    throw ValueError(
        fmt::format("`TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, "
                    "received: {}",
                    shape.str()));
  }
  return shape.slice(2).with_front(shape[0]);
}

// (batch, …) as step `steps` of (batch, steps, …).
Shape with_steps(const Shape& shape, std::int64_t batch, std::int64_t steps) {
  return shape.slice(1).with_front(steps).with_front(batch);
}

}  // namespace

TimeDistributedLayer::TimeDistributedLayer(Options options)
    : WrapperLayer("TimeDistributed", std::move(options)) {
  if (!options_.layer) {
    throw ValueError(
        "Please initialize `TimeDistributed` layer with a `Layer` instance. Received: layer=None");
  }
  set_supports_masking();
}

void TimeDistributedLayer::build(const Shape& input_shape) {
  options_.layer->build_for(Shapes{step_shape(input_shape)});
}

Tensor TimeDistributedLayer::call(const Tensor& input, const CallContext& context) {
  const Shape one_step = step_shape(input.shape());
  const std::int64_t batch = input.shape()[0];
  const std::int64_t steps = input.shape()[1];
  if (!context.training || steps == 0) {
    Shape all_steps = one_step;
    all_steps[0] = checked_multiply(batch, steps);
    const Tensor output = call_inside(ops::reshape(input, all_steps), context);
    return ops::reshape(output, with_steps(output.shape(), batch, steps));
  }
  Tensors outputs;
  for (std::int64_t step = 0; step < steps; ++step) {
    const Tensor x = ops::reshape(ops::slice(input, 1, step, step + 1), one_step);
    const Tensor y = call_inside(x, context);
    outputs.push_back(ops::reshape(y, with_steps(y.shape(), batch, 1)));
  }
  return ops::concatenate(outputs, 1);
}

Shape TimeDistributedLayer::compute_output_shape(const Shape& input_shape) {
  const Shape inner = options_.layer->output_shapes_for({step_shape(input_shape)}).at(0);
  return with_steps(inner, inner[0], input_shape[1]);
}

}  // namespace sepal
