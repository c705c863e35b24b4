#include "sepal/layers/applications/inception_resnet_v2.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

void CustomScaleLayer::build_all(const Shapes& input_shapes) { (void)compute_output_shapes(input_shapes); }

Tensors CustomScaleLayer::call_all(const Tensors& inputs, const CallContext&) {
  return {ops::add(inputs.at(0), ops::multiply(inputs.at(1), options_.scale))};
}

Shapes CustomScaleLayer::compute_output_shapes(const Shapes& input_shapes) {
  if (input_shapes.size() != 2) {
    throw ValueError(
        fmt::format("A `CustomScaleLayer` should be called on exactly 2 inputs. Received: {} inputs",
                    input_shapes.size()));
  }
  return {broadcast_shapes(input_shapes[0], input_shapes[1])};
}

}  // namespace sepal
