#include "sepal/layers/rnn/time_distributed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

TEST(TimeDistributed, AppliesTheLayerToEachStep) {
  const layers::Dense dense({.units = 2});
  const layers::TimeDistributed layer({.layer = dense});
  const Tensor x = testing::varied({3, 4, 5}, 1, DType::float32);
  const Tensor y = layer(x);
  EXPECT_EQ(y.shape(), (Shape{3, 4, 2}));
  const Tensor second_step = ops::reshape(ops::slice(x, 1, 1, 2), {3, 5});
  testing::expect_close(ops::reshape(ops::slice(y, 1, 1, 2), {3, 2}), dense(second_step), 1e-6, 1e-6);
  EXPECT_EQ(layer->weights().size(), 2U);
}

TEST(TimeDistributed, NormalizesEachStepByItselfInTraining) {
  const layers::TimeDistributed layer({.layer = layers::BatchNormalization({.epsilon = 0.0})});
  // The steps of a feature are 1, 3 and 10, 30: each becomes -1, 1.
  const Tensor y = layer(Tensor::from<float>({1, 10, 3, 30}, {2, 2, 1}), {.training = true});
  testing::expect_values(y, {2, 2, 1}, {-1, -1, 1, 1}, 1e-6);
}

TEST(TimeDistributed, IsReadFromAConfigWithItsLayer) {
  const layers::TimeDistributed layer({.layer = layers::Flatten(), .name = "t"});
  const Json config = layer->get_config();
  EXPECT_EQ(config["layer"]["class_name"], "Flatten");
  EXPECT_EQ(config["layer"]["module"], "keras.layers");
  EXPECT_EQ(layer_from_config("TimeDistributed", config)->get_config(), config);
  Json bad = config;
  bad["layer"]["class_name"] = "Nonsense";
  testing::expect_error<ValueError>([&] { (void)layer_from_config("TimeDistributed", bad); }, {"Nonsense"});
}

TEST(TimeDistributed, RefusesInputsWithoutSteps) {
  testing::expect_error<ValueError>([] { layers::TimeDistributed({.layer = nullptr}); },
                                    {"`TimeDistributed`"});
  const layers::TimeDistributed layer({.layer = layers::Dense({.units = 2})});
  testing::expect_error<ValueError>(
      [&] {
        (void)layer(testing::ramp({2, 3}));
      },
      {"at least 3 dimensions", "(2, 3)"});
}

}  // namespace
}  // namespace sepal
