// Batch renormalization; values of Keras 3.15. One call of each kind is in tests/golden.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::expect_values;

// The ReLU and the prediction would be one pass with a normalization of the usual kind.
TEST(BatchRenormalization, TrainsAndPredictsInAModel) {
  const layers::BatchNormalization layer(
      {.momentum = 0.75,
       .moving_variance_initializer = initializers::Constant({.value = 2.25}),
       .renorm = true,
       .renorm_clipping = RenormClipping{.rmax = 1.25, .dmax = 0.5},
       .renorm_momentum = 0.5});
  const Sequential model({Input({.shape = {2}}), layer, layers::ReLU()});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.5}), .loss = "mse"});
  const Tensor x = Tensor::from<float>({1, -2, 3, 0.5F, -1, 4}, {3, 2});
  const Tensor y = Tensor::from<float>({1, 0, 0.5F, 2, 0, 1}, {3, 2});
  EXPECT_NEAR(*model->train_on_batch(x, y).find("loss"), 1.0071600340041829, 1e-5);
  EXPECT_NEAR(*model->train_on_batch(x, y).find("loss"), 0.7786873227618599, 1e-5);
  const std::vector<std::vector<double>> weights = {{0.5848052030494197, 0.6057431984605487},
                                                    {-0.04501795787369625, 0.3455543110479496},
                                                    {0.4375, 0.36458333333333337},
                                                    {2.4273563985480484, 3.687091988749858},
                                                    {1.5583184522260038, 1.9204405715225499},
                                                    {0.75, 0.625},
                                                    {1.5999744895302923, 2.2207552654672282}};
  const Variables variables = layer->weights();
  ASSERT_EQ(variables.size(), weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    SCOPED_TRACE(variables[i].name());
    expect_values(variables[i].value(), {2}, weights[i], 1e-5, 1e-6);
  }
  const std::vector<double> predictions = {0.16607684514644433, 0.0, 0.9166361447736108,
                                           0.38826728327311977, 0.0, 1.4922333346313648};
  expect_values(model->predict(x), {3, 2}, predictions, 1e-5, 1e-6);
}

TEST(BatchRenormalization, LeavesMaskedStepsOut) {
  const layers::BatchNormalization layer({.momentum = 0.75,
                                          .renorm = true,
                                          .renorm_clipping = RenormClipping{.rmin = 0.5},
                                          .renorm_momentum = 0.5,
                                          .dtype = "float64"});
  const Tensor x = Tensor::from<double>({1, 2, 3, -1, 0.5, 4, 2, 2}, {2, 2, 2});
  const Tensor first = Tensor::from<bool>({true, false, true, true}, {2, 2});
  const Tensor second = Tensor::from<bool>({true, true, false, true}, {2, 2});
  layer(x, {.training = true, .mask = first});
  const Tensor twice = Tensor::from<double>({2, 4, 6, -2, 1, 8, 4, 4}, {2, 2, 2});
  expect_values(layer(twice, {.training = true, .mask = second}), {2, 2, 2},
                {1.7442221709190289, 2.7444171369096138, 6.669084703564845, -3.4305213182213805,
                 0.5130065377575748, 6.86104277366361, 4.206653437241937, 2.7444171369096138});
  const Tensors weights = layer->get_weights();
  expect_values(weights[3], {2}, {1.1825304403683945, 2.091440545400984});
  expect_values(weights[5], {2}, {2.29166659027778, 1.666666611111113});
}

TEST(BatchRenormalization, DemandsBoundsThatAreSome) {
  const auto clipped = [](RenormClipping clipping) {
    return layers::BatchNormalization({.renorm = true, .renorm_clipping = clipping});
  };
  expect_error<ValueError>([&] { clipped({.rmax = 1.0, .rmin = 2.0}); },
                           {"rmax should be greater than rmin", "rmax=1, rmin=2"});
  expect_error<ValueError>([&] { clipped({.dmax = -1.0}); }, {"dmax should be non-negative", "dmax=-1"});
  const Json config = clipped({.rmax = 3.0})->get_config();
  EXPECT_EQ(config["renorm_clipping"], Json::parse(R"({"rmax": 3.0})"));
  EXPECT_EQ(layers::BatchNormalization({.renorm = true})->get_config()["renorm_clipping"], Json::object());
  Json other = config;
  other["renorm_clipping"] = Json::parse(R"({"rmx": 3.0})");
  expect_error<ValueError>([&] { layer_from_config("BatchNormalization", other); },
                           {"renorm_clipping", "invalid keys", "'rmx'"});
}

}  // namespace
}  // namespace sepal
