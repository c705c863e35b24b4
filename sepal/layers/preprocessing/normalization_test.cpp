// Expected numbers are those of Keras 3.15.1.
#include "sepal/layers/preprocessing/normalization.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/registry.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

TEST(Normalization, LearnsMeanAndVarianceOfTheData) {
  const layers::Normalization layer;
  layer->adapt(Tensor::from<float>({1, 2, 3, 5, 8, -1}, {3, 2}));
  const std::vector<Variable> weights = layer->weights();
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_EQ(weights[0].name(), "mean");
  testing::expect_values(weights[0].value(), {2}, {4, 2});
  EXPECT_EQ(weights[1].name(), "variance");
  testing::expect_values(weights[1].value(), {2}, {8.666667, 6}, 1e-6);
  EXPECT_EQ(weights[2].name(), "count");
  EXPECT_EQ(weights[2].dtype(), DType::int64);
  EXPECT_TRUE(layer->trainable_weights().empty());
  testing::expect_values(layer(Tensor::from<float>({1, 2, 3, 5}, {2, 2})), {2, 2},
                         {-1.0190493, 0, -0.3396831, 1.2247448}, 1e-6, 1e-6);
}

TEST(Normalization, LearnsTheSameFromBatches) {
  const layers::Normalization layer({.dtype = "float64"});
  layer->adapt({Tensor::from<float>({1, 2}, {1, 2}), Tensor::from<float>({3, 5, 8, -1}, {2, 2})});
  testing::expect_values(layer->weights()[0].value(), {2}, {4, 2});
  testing::expect_values(layer->weights()[1].value(), {2}, {26.0 / 3.0, 6});
}

TEST(Normalization, TakesGivenStatistics) {
  const layers::Normalization layer({.axis = IntTuple{1, -1}, .mean = {1, 2}, .variance = {4, 9}});
  testing::expect_values(layer(Tensor::ones({1, 2, 2})), {1, 2, 2}, {0, -0.3333333, 0, -0.3333333}, 1e-6);
  EXPECT_TRUE(layer->weights().empty());
  const layers::Normalization inverse({.axis = std::nullopt, .mean = 1.0, .variance = 4.0, .invert = true});
  testing::expect_values(inverse(Tensor::ones({1, 2, 2})), {1, 2, 2}, {3, 3, 3, 3});
}

TEST(Normalization, ComputesInItsDtypeWhateverComes) {
  const layers::Normalization layer({.mean = {1.0}, .variance = {4.0}});
  testing::expect_values(layer(Tensor::from<std::uint8_t>({5}, {1, 1})), {1, 1}, {2});
}

TEST(Normalization, ReadsAndWritesNestedStatistics) {
  const Json config =
      Json::parse(R"({"name": "n", "axis": [1, 2], "mean": [[1, 2], [3, 4]], "variance": [[1, 1], [1, 1]]})");
  const auto layer = layer_from_config("Normalization", config);
  EXPECT_EQ(layer->get_config()["mean"], Json::parse("[[1.0, 2.0], [3.0, 4.0]]"));
  const Tensor y = (*layer)(Tensor::zeros({1, 2, 2}));
  testing::expect_values(y, {1, 2, 2}, {-1, -2, -3, -4});
  for (const char* mean : {"[[1, 2], [3]]", "[[]]", "[1, [2]]", "\"1\"", "[[[[[[[[[1]]]]]]]]]"}) {
    Json bad = config;
    bad["mean"] = Json::parse(mean);
    expect_error<ValueError>([&] { (void)layer_from_config("Normalization", bad); }, {"layer 'n'", "'mean'"});
  }
}

TEST(Normalization, RefusesWhatDoesNotFit) {
  expect_error<ValueError>([] { layers::Normalization({.mean = 1.0}); }, {"both `mean` and `variance`"});
  expect_error<ValueError>(
      [] {
        layers::Normalization({.mean = {1, 2}, .variance = {1}});
      },
      {"same shape", "(2,)", "(1,)"});
  expect_error<ValueError>(
      [] { layers::Normalization({.axis = std::nullopt, .mean = {1}, .variance = {1}}); },
      {"rank of `mean`"});
  const layers::Normalization far({.axis = IntTuple(3)});
  expect_error<ValueError>([&] { (void)far(Tensor::ones({1, 2})); }, {"`axis`", "ndim=2"});
  const layers::Normalization open;
  expect_error<ValueError>([&] { open->build_for(Shapes{{3, kNone}}); }, {"unknown axis at index 1"});
  const layers::Normalization layer;
  layer->adapt(Tensor::ones({3, 2}));
  expect_error<ValueError>([&] { layer->adapt(Tensor::ones({3, 4})); }, {"incompatible shape", "(3, 4)"});
  expect_error<ValueError>([&] { layer->adapt(Tensors{}); }, {"at least one batch"});
}

}  // namespace
}  // namespace sepal
