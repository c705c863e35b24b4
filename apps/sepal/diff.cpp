#include "apps/sepal/diff.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/sepal/comparison_output.h"
#include "apps/sepal/model_file.h"
#include "sepal/base/error.h"
#include "sepal/base/random.h"

namespace sepal::program {
namespace {

// Floats in [0, 1); whole numbers 0 and 1, which every vocabulary has.
Tensor random_input(const KerasTensor& input, const DiffArguments& arguments, RandomStream& stream) {
  Shape shape = input.shape();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis == 0 || shape[axis] == kNone) shape[axis] = axis == 0 ? arguments.batch : arguments.size;
  }
  const double bound = is_floating(input.dtype()) ? 1.0 : 2.0;
  return random_uniform(shape, 0.0, bound, DType::float64, stream).astype(input.dtype());
}

Tensors random_inputs(const Model& model, const DiffArguments& arguments) {
  const KerasTensors wanted = model->inputs();
  if (wanted.empty()) {
    throw ValueError(
        fmt::format("Model '{}' tells no shape of its inputs: give arrays by --inputs", model->name()));
  }
  RandomStream stream(arguments.seed);
  Tensors inputs;
  for (const KerasTensor& input : wanted) inputs.push_back(random_input(input, arguments, stream));
  return inputs;
}

Comparison compare(const DiffArguments& arguments) {
  const CompareOptions options{.tolerance = arguments.tolerance};
  const Tensors given = read_arrays(arguments.inputs);
  if (is_recording(arguments.model)) {
    throw ValueError(fmt::format("'{}' is no model: arrays come second", arguments.model));
  }
  const Model model = read_model(arguments.model);
  if (!given.empty()) expect_inputs(model, given.size());
  if (is_recording(arguments.reference)) {
    Recording recording = read_recording(arguments.reference);
    if (!given.empty()) recording.inputs = given;
    if (recording.inputs.empty()) {
      throw ValueError(
          fmt::format("'{}' holds no inputs: expected an array 'input_0', or --inputs", arguments.reference));
    }
    expect_inputs(model, recording.inputs.size());
    return compare_with_recording(model, recording, options);
  }
  const Model reference = read_model(arguments.reference);
  return compare_models(model, reference, given.empty() ? random_inputs(reference, arguments) : given,
                        options);
}

}  // namespace

int diff(const DiffArguments& arguments, const GlobalArguments& global) {
  const Comparison comparison = compare(arguments);
  if (global.json) {
    say_json(to_json(comparison));
  } else {
    say(describe_layers(comparison));
  }
  return comparison.first_difference() == nullptr ? kOk : kDifferent;
}

}  // namespace sepal::program
