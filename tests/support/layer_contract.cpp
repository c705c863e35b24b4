#include "tests/support/layer_contract.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/layers/deep_copy.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
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

}  // namespace

void expect_layer_contract(const Ref<Layer>& layer, const Shapes& input_shapes,
                           const Shape& expected_output) {
  SCOPED_TRACE(layer->class_name());
  ASSERT_EQ(name_of(layer->dtype()), "float64");
  expect_config_round_trip(*layer);

  const Tensors inputs = random_inputs(input_shapes);
  layer->build_for(input_shapes);
  for (const Variable& weight : layer->own_weights())
    EXPECT_EQ(weight.path(), layer->name() + "/" + weight.name());
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
