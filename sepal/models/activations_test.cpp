#include "sepal/models/activations.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

std::vector<std::string> paths_of(const std::vector<Activation>& calls) {
  std::vector<std::string> paths;
  for (const Activation& call : calls) paths.push_back(call.path);
  return paths;
}

const Tensor& output_at(const std::vector<Activation>& calls, const std::string& path) {
  for (const Activation& call : calls) {
    if (call.path == path) return call.outputs.at(0);
  }
  throw std::out_of_range(path);
}

TEST(Activations, AreWhatEachLayerGives) {
  const Sequential chain({Input({.shape = {3}}), layers::Rescaling({.scale = 2.0, .name = "twice"}),
                          layers::ReLU({.name = "relu"})});
  const auto calls = activations(chain, {Tensor::from<float>({1, -2, 3}, {1, 3})});
  ASSERT_EQ(calls.size(), 3);  // the input comes first
  EXPECT_EQ(calls[1].path, "twice");
  testing::expect_values(calls[1].outputs[0], {1, 3}, {2, -4, 6});
  EXPECT_EQ(calls[2].path, "relu");
  EXPECT_EQ(calls[2].layer->class_name(), "ReLU");
  testing::expect_values(calls[2].outputs[0], {1, 3}, {2, 0, 6});
}

TEST(Activations, NumberTheCallsOfSharedLayers) {
  const KerasTensor left = Input({.shape = {2}, .name = "left"});
  const KerasTensor right = Input({.shape = {2}, .name = "right"});
  const layers::Rescaling shared({.scale = 10.0, .name = "shared"});
  const KerasTensor first = shared(left);
  const KerasTensor second = shared(right);
  shared(first);  // outside of the model
  const Model model({left, right}, layers::Subtract({.name = "subtract"})({second, first}));
  const auto calls =
      activations(model, {Tensor::from<float>({1, 2}, {1, 2}), Tensor::from<float>({3, 4}, {1, 2})});
  testing::expect_values(output_at(calls, "shared"), {1, 2}, {10, 20});
  testing::expect_values(output_at(calls, "shared@1"), {1, 2}, {30, 40});
  testing::expect_values(output_at(calls, "subtract"), {1, 2}, {20, 20});
  EXPECT_EQ(calls.size(), 5);
}

TEST(Activations, GoIntoNestedModels) {
  const KerasTensor inner_input = Input({.shape = {2}, .name = "inner_input"});
  const Model inner(inner_input, layers::Rescaling({.scale = 3.0, .name = "triple"})(inner_input), "inner");
  const KerasTensor input = Input({.shape = {2}, .name = "input"});
  const Model outer(input, inner(layers::Rescaling({.scale = 2.0, .name = "double"})(input)), "outer");
  const auto calls = activations(outer, {Tensor::from<float>({1, 2}, {1, 2})});
  EXPECT_EQ(paths_of(calls),
            (std::vector<std::string>{"input", "double", "inner/inner_input", "inner/triple", "inner"}));
  testing::expect_values(output_at(calls, "inner/inner_input"), {1, 2}, {2, 4});
  testing::expect_values(output_at(calls, "inner/triple"), {1, 2}, {6, 12});
}

TEST(Activations, BuildAModelThatIsNot) {
  const Sequential chain({layers::Dense({.units = 4, .name = "dense"})});
  const auto calls = activations(chain, {Tensor::zeros({2, 3})});
  EXPECT_EQ(calls.back().path, "dense");
  EXPECT_EQ(calls.back().outputs[0].shape(), Shape({2, 4}));
}

TEST(Activations, RefuseOtherInputs) {
  const Sequential chain({Input({.shape = {3}}), layers::ReLU()});
  EXPECT_THROW(activations(chain, {Tensor::zeros({1, 4})}), ValueError);
  EXPECT_THROW(activations(chain, {}), ValueError);
}

}  // namespace
}  // namespace sepal
