#include "tests/support/layer_contract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/layers/deep_copy.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/saving/load_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal::testing {
namespace {

Tensors random_inputs(const Shapes& shapes) {
  Tensors inputs;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    inputs.push_back(varied(shapes[i], static_cast<unsigned>(i) + 40));
  return inputs;
}

void expect_config_round_trip(const Layer& layer) {
  const Json config = layer.get_config();
  const std::shared_ptr<Layer> again = layer_from_config(layer.class_name(), config);
  EXPECT_EQ(again->get_config(), config);
  EXPECT_FALSE(again->built() && !layer.weights().empty());
}

// Another layer of the same config and weights: calls do not touch the state of the first.
std::shared_ptr<Layer> twin(const Layer& layer, const Shapes& input_shapes) {
  const std::shared_ptr<Layer> copy = layer_from_config(layer.class_name(), layer.get_config());
  copy->build_for(input_shapes);
  copy->set_weights(layer.get_weights());
  return copy;
}

// What a call gives, and d(sum of the first output) by inputs and trainable weights.
struct Outcome {
  Tensor output;
  Tensors gradients;
};

Outcome run(Layer& layer, const Tensors& inputs) {
  GradientTape tape;
  for (const Tensor& input : inputs) tape.watch(input);
  Outcome outcome;
  outcome.output = layer(inputs)[0];
  Tensors sources = inputs;
  for (const Variable& weight : layer.trainable_weights()) sources.push_back(weight.value());
  outcome.gradients = tape.gradient(ops::sum(ops::cast(outcome.output, DType::float64)), sources);
  return outcome;
}

// Within some units in the last place of the largest element.
void expect_near(const Tensor& got, const Tensor& want, DType precision) {
  const Tensor exact = want.astype(DType::float64);
  double largest = 1.0;
  for (const double v : exact.values<double>()) largest = std::max(largest, std::abs(v));
  const double ulp = precision == DType::float16 ? 0x1p-10 : 0x1p-7;
  expect_close(got.astype(DType::float64), exact, 0, 8 * ulp * largest);
}

Tensors rounded(const Tensors& tensors, DType dtype) {
  Tensors result;
  for (const Tensor& tensor : tensors) {
    result.push_back(is_floating(tensor.dtype()) ? tensor.astype(dtype).astype(DType::float64) : tensor);
  }
  return result;
}

// A wrapper may have a weight of its layer as one of its own, too.
bool is_weight_inside(const Layer& layer, const Variable& weight) {
  for (const auto& inner : layer.sublayers()) {
    const std::vector<Variable> weights = inner->weights();
    if (std::find(weights.begin(), weights.end(), weight) != weights.end()) return true;
  }
  return false;
}

}  // namespace

void expect_half_precision_contract(const Ref<Layer>& layer, const Shapes& input_shapes) {
  for (const char* name : {"float16", "bfloat16", "mixed_float16", "mixed_bfloat16"}) {
    SCOPED_TRACE(layer->class_name() + " " + name);
    const DTypePolicy policy(name);
    Json config = layer->get_config();
    config_put(config, "dtype", policy);
    const std::shared_ptr<Layer> half = layer_from_config(layer->class_name(), config);
    const std::shared_ptr<Layer> exact = layer_from_config(layer->class_name(), layer->get_config());
    // Numbers that both have exactly: where an op chooses, both choose alike.
    const DType compute = policy.compute_dtype();
    const Tensors inputs = rounded(random_inputs(input_shapes), compute);
    const Tensors weights = rounded(layer->get_weights(), compute);
    for (const auto& each : {half, exact}) {
      each->build_for(input_shapes);
      each->set_weights(weights);
    }
    for (const Variable& weight : half->weights()) {
      const bool is_float = is_floating(weight.dtype());
      EXPECT_EQ(weight.dtype(), is_float ? policy.variable_dtype() : weight.dtype()) << weight.path();
    }

    const Outcome got = run(*half, inputs);
    const Outcome want = run(*exact, inputs);
    EXPECT_EQ(got.output.dtype(), compute);
    expect_near(got.output, want.output, compute);
    for (std::size_t i = 0; i < want.gradients.size(); ++i) {
      EXPECT_EQ(got.gradients[i].dtype(), i < inputs.size() ? DType::float64 : policy.variable_dtype());
      expect_near(got.gradients[i], want.gradients[i], compute);
    }

    KerasTensors symbolic;
    for (const Shape& shape : input_shapes)
      symbolic.push_back(Input({.shape = shape.slice(1), .dtype = "float64"}));
    const Ref<Layer> handle(half);
    const KerasTensors outputs = handle.all(symbolic);
    EXPECT_EQ(outputs[0].dtype(), compute);
    const Model model(symbolic, outputs);
    expect_same_bits(model.all(inputs)[0], got.output);
    const TemporaryFolder folder;
    model->save(folder / "model.keras");
    expect_same_bits(load_model(folder / "model.keras").all(inputs)[0], got.output);
    expect_same_bits(deep_copy(handle).all(inputs)[0], got.output);
  }
}

void expect_layer_contract(const Ref<Layer>& layer, const Shapes& input_shapes,
                           const Shape& expected_output) {
  SCOPED_TRACE(layer->class_name());
  ASSERT_EQ(name_of(layer->dtype()), "float64");
  expect_config_round_trip(*layer);

  const Tensors inputs = random_inputs(input_shapes);
  layer->build_for(input_shapes);
  for (const Variable& weight : layer->own_weights()) {
    if (is_weight_inside(*layer, weight)) continue;
    EXPECT_EQ(weight.path(), layer->name() + "/" + weight.name());
  }
  Tensors weights;
  for (const Tensor& value : layer->get_weights()) {
    // Far from zero and positive, as variances have to be.
    Tensor moved = varied(value.shape(), static_cast<unsigned>(weights.size()) + 60);
    for (std::int64_t i = 0; i < moved.num_elements(); ++i) {
      double& element = moved.mutable_data<double>()[i];
      element = 0.5 + 0.25 * element;
    }
    weights.push_back(moved);
  }
  layer->set_weights(weights);

  const Tensor eager = layer.all(inputs)[0];
  EXPECT_EQ(eager.shape(), expected_output);
  Shapes unknown_batch = input_shapes;
  for (Shape& shape : unknown_batch) shape[0] = kNone;
  Shape announced = expected_output;
  announced[0] = kNone;
  EXPECT_EQ(layer->output_shapes_for(unknown_batch)[0], announced);

  KerasTensors symbolic;
  for (const Shape& shape : input_shapes)
    symbolic.push_back(Input({.shape = shape.slice(1), .dtype = "float64"}));
  const Model model(symbolic, layer.all(symbolic));
  expect_same_bits(model.all(inputs)[0], eager);
  const TemporaryFolder folder;
  model->save(folder / "model.keras");
  expect_same_bits(load_model(folder / "model.keras").all(inputs)[0], eager);
  expect_same_bits(deep_copy(layer).all(inputs)[0], eager);

  Tensors sources = inputs;
  std::vector<std::size_t> trainable;
  for (std::size_t i = 0; i < layer->weights().size(); ++i) {
    if (!layer->weights()[i].trainable()) continue;
    trainable.push_back(i);
  }
  const std::shared_ptr<Layer> copy = twin(*layer, input_shapes);
  const auto run = [&](const Tensors& moved) {
    return (*copy)(Tensors(moved.begin(), moved.begin() + static_cast<std::ptrdiff_t>(inputs.size())))[0];
  };
  expect_gradients_match_finite_differences(run, inputs, 2e-6);
  for (const std::size_t index : trainable) {
    Variable weight = copy->weights()[index];
    SCOPED_TRACE(weight.name());
    const Tensor value = weight.value();
    const auto with_weight = [&](const Tensors& moved) {
      weight.assign(moved[0]);
      return (*copy)(inputs)[0];
    };
    expect_gradients_match_finite_differences(with_weight, {value}, 2e-6);
    weight.assign(value);
  }
}

}  // namespace sepal::testing
