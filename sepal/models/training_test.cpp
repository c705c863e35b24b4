#include "sepal/models/training.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/base/random.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/train/losses/losses.h"
#include "sepal/train/metrics/metrics.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::varied;

// y = x w with a known w.
struct LinearTask {
  Tensor x = varied({64, 3}, 1, DType::float32);
  Tensor y = Tensor({64, 1});

  LinearTask() {
    auto* out = y.mutable_data<float>();
    for (std::int64_t i = 0; i < 64; ++i) {
      out[i] = static_cast<float>(2 * x.at(3 * i) - x.at(3 * i + 1) + 0.5 * x.at(3 * i + 2));
    }
  }
};

Sequential linear_model() {
  return Sequential({Input({.shape = {3}}), layers::Dense({.units = 1, .name = "only"})});
}

TEST(Fit, FindsTheLineBehindTheData) {
  set_random_seed(1);
  const LinearTask task;
  const Sequential model = linear_model();
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}), .loss = "mse", .metrics = {"mae"}});
  const History history = model->fit(task.x, task.y, {.batch_size = 16, .epochs = 60, .verbose = 0});
  EXPECT_EQ(history.epoch.size(), 60U);
  EXPECT_EQ(history.history.at("loss").size(), 60U);
  EXPECT_LT(history.history.at("loss").back(), 1e-3);
  EXPECT_LT(history.history.at("mae").back(), 0.05);
  testing::expect_values(model->get_weights()[0], {3, 1}, {2, -1, 0.5}, 0.0, 0.05);
}

TEST(Fit, GivesTheSameBitsForAnyNumberOfThreads) {
  const LinearTask task;
  const auto trained = [&](int threads) {
    set_num_threads(threads);
    set_random_seed(3);
    const Sequential model({Input({.shape = {6, 6, 1}}),
                            layers::SeparableConv2D({.filters = 4, .kernel_size = 3, .activation = "relu"}),
                            layers::BatchNormalization(), layers::Dropout({.rate = 0.2}),
                            layers::MaxPooling2D(), layers::Flatten(), layers::Dense({.units = 2})});
    model->compile(
        {.optimizer = "adam", .loss = losses::SparseCategoricalCrossentropy({.from_logits = true})});
    Tensor labels(Shape{40}, DType::int64);
    for (std::int64_t i = 0; i < 40; ++i) labels.mutable_data<std::int64_t>()[i] = i % 2;
    (void)model->fit(varied({40, 6, 6, 1}, 9, DType::float32), labels,
                     {.batch_size = 16, .epochs = 2, .verbose = 0});
    return model->get_weights();
  };
  const int before = num_threads();
  const Tensors one = trained(1);
  for (const int threads : {2, 3, 8}) {
    const Tensors more = trained(threads);
    for (std::size_t i = 0; i < one.size(); ++i) testing::expect_same_bits(more[i], one[i]);
  }
  set_num_threads(before);
}

TEST(Fit, LooksAtValidationDataWithoutLearningFromThem) {
  const LinearTask task;
  const Sequential model = linear_model();
  model->compile({.optimizer = "sgd", .loss = "mse"});
  const History history =
      model->fit(task.x, task.y, {.epochs = 2, .verbose = 0, .validation_data = {.x = task.x, .y = task.y}});
  ASSERT_EQ(history.history.at("val_loss").size(), 2U);
  const Logs logs = model->evaluate(task.x, task.y, {.verbose = 0});
  EXPECT_NEAR(*logs.find("loss"), history.history.at("val_loss").back(), 1e-6);
}

TEST(Fit, SplitsOffTheLastPart) {
  const LinearTask task;
  const Sequential model = linear_model();
  model->compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_EQ(model->fit(task.x, task.y, {.verbose = 0, .validation_split = 0.25}).history.count("val_loss"),
            1U);
  expect_error<ValueError>([&] { (void)model->fit(task.x, task.y, {.verbose = 0, .validation_split = 1.0}); },
                           {"validation_split"});
}

TEST(Fit, SaysWhatIsWrongWithTheData) {
  const LinearTask task;
  const Sequential model = linear_model();
  expect_error<ValueError>([&] { (void)model->fit(task.x, task.y); }, {"compile()", "fit()"});
  model->compile({.optimizer = "sgd", .loss = "mse"});
  expect_error<ValueError>([&] { (void)model->fit(task.x, task.y.rows(0, 3), {.verbose = 0}); },
                           {"cardinality", "x: 64", "y: 3"});
  expect_error<ValueError>([&] { (void)model->fit(task.x, {}, {.verbose = 0}); },
                           {"1 output(s)", "0 target(s)"});
  expect_error<ValueError>([&] { (void)model->fit(task.x, task.y, {.batch_size = 0, .verbose = 0}); },
                           {"batch_size=0"});
  expect_error<ValueError>(
      [&] {
        (void)model->fit(varied({64, 4}), task.y, {.verbose = 0});
      },
      {"axis -1", "(32, 4)"});
}

TEST(Compile, RefusesNamesThatAreNoOutputs) {
  const LinearTask task;
  const Sequential model = linear_model();
  model->compile({.optimizer = "sgd", .loss = std::map<std::string, Loss>{{"other", "mse"}}});
  expect_error<ValueError>([&] { (void)model->fit(task.x, task.y, {.verbose = 0}); }, {"'other'", "only"});
}

TEST(Compile, ConfigMakesTheSameAgain) {
  const Sequential model = linear_model();
  model->compile({.optimizer = optimizers::Adam({.learning_rate = 0.01}),
                  .loss = {"mse"},
                  .loss_weights = {0.5},
                  .metrics = {"mae", "mse"}});
  const Json config = model->get_compile_config();
  const Sequential other = linear_model();
  other->compile_from_config(config);
  EXPECT_EQ(other->get_compile_config(), config);
  EXPECT_EQ(config["metrics"], (Json::array({"mae", "mse"})));
}

// Keras: CompileMetrics.result.
TEST(Evaluate, NumbersMetricsOfOneName) {
  const LinearTask task;
  const Sequential model = linear_model();
  model->compile({.optimizer = "sgd",
                  .loss = "mse",
                  .metrics = {metrics::Precision(), metrics::Precision({.thresholds = 0.25}), "mae"},
                  .weighted_metrics = {metrics::MeanAbsoluteError({.name = "mae"}), metrics::R2Score()}});
  const Logs logs = model->evaluate(task.x, task.y, {.verbose = 0});
  std::vector<std::string> names;
  for (const auto& [name, value] : logs) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"loss", "mae", "precision", "precision_1", "r2_score",
                                             "weighted_mae"}));
}

TEST(Predict, GivesTheRowsOfAllBatches) {
  const LinearTask task;
  const Sequential model = linear_model();
  const Tensor predicted = model->predict(task.x, {.batch_size = 10});
  testing::expect_same_bits(predicted, model->predict(task.x, {.batch_size = 64}));
  testing::expect_close(predicted, model(task.x), 1e-6, 1e-6);
}

TEST(Evaluate, WeighsSamples) {
  const LinearTask task;
  const Sequential model = linear_model();
  model->compile({.optimizer = "sgd", .loss = "mse"});
  Tensor weights = Tensor::zeros({64});
  weights.mutable_data<float>()[5] = 64.0F;
  const Tensor error = model(task.x);
  const double wanted = std::pow(error.at(5) - task.y.at(5), 2);
  const Logs logs =
      model->evaluate(task.x, task.y, {.batch_size = 64, .verbose = 0, .sample_weight = weights});
  EXPECT_NEAR(*logs.find("loss"), wanted, 1e-5 * wanted);
}

}  // namespace
}  // namespace sepal
