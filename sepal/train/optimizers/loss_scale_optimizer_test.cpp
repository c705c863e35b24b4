// Numbers are those of Keras 3.15 on TensorFlow.
#include "sepal/train/optimizers/loss_scale_optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_values;

Tensor vector(const std::vector<double>& values, DType dtype = DType::float32) {
  return Tensor::from(values, {static_cast<std::int64_t>(values.size())}).astype(dtype);
}

Optimizer scaled_sgd() {
  return optimizers::LossScaleOptimizer(
      {.inner_optimizer = optimizers::SGD({.learning_rate = 0.5, .momentum = 0.5}),
       .initial_scale = 8.0,
       .dynamic_growth_steps = 2});
}

struct Update {
  std::vector<double> gradient;
  std::vector<double> weight;
  double counter;
  double scale;
  std::int64_t iterations;
};

TEST(LossScaleOptimizer, HalvesSkipsAndDoublesAsKerasDoes) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Update> updates = {
      {{8, -16}, {0.5, 3.0}, 1, 8, 1},      {{4, 8}, {0.0, 3.0}, 0, 16, 2},
      {{infinity, 1}, {0.0, 3.0}, 0, 8, 2}, {{std::nan(""), 1}, {0.0, 3.0}, 0, 4, 2},
      {{8, 8}, {-1.25, 2.0}, 1, 4, 3},      {{2, 4}, {-2.125, 1.0}, 0, 8, 4},
      {{1, 1}, {-2.625, 0.4375}, 1, 8, 5},
  };
  const Optimizer optimizer = scaled_sgd();
  const Variable w(vector({1.0, 2.0}), "w");
  EXPECT_EQ(optimizer->scale_loss(Tensor::scalar(3.0)).item(), 24.0);
  for (const Update& update : updates) {
    optimizer->apply({vector(update.gradient)}, {w});
    expect_values(w.value(), {2}, update.weight);
    const Variables state = optimizer->variables();
    ASSERT_EQ(state.size(), 7U);
    EXPECT_EQ(state[2].value().item(), update.counter);
    EXPECT_EQ(state[3].value().item(), update.scale);
    EXPECT_EQ(optimizer->iterations(), update.iterations);
    EXPECT_EQ(optimizer->scale_loss(Tensor::scalar(1.0)).item(), update.scale);
  }
}

TEST(LossScaleOptimizer, KeepsTheStateThatKerasKeeps) {
  const Optimizer optimizer = scaled_sgd();
  optimizer->build({Variable(vector({1.0, 2.0}), "w")});
  std::vector<std::string> paths;
  std::vector<DType> dtypes;
  for (const Variable& variable : optimizer->variables()) {
    paths.push_back(variable.path());
    dtypes.push_back(variable.dtype());
  }
  EXPECT_EQ(paths, (std::vector<std::string>{
                       "loss_scale_optimizer/iteration", "loss_scale_optimizer/learning_rate",
                       "loss_scale_optimizer/step_counter", "loss_scale_optimizer/dynamic_scale",
                       "sgd/iteration", "sgd/learning_rate", "sgd/w_momentum"}));
  EXPECT_EQ(dtypes, (std::vector<DType>{DType::int64, DType::float32, DType::int64, DType::float32,
                                        DType::int64, DType::float32, DType::float32}));
  ASSERT_NE(optimizer->inner_optimizer(), nullptr);
  EXPECT_EQ(optimizer->inner_optimizer()->name(), "sgd");
  EXPECT_EQ(optimizer->inner_optimizer()->variables().size(), 3U);
}

TEST(LossScaleOptimizer, HandsTheRateToTheInnerOptimizer) {
  const Optimizer optimizer = scaled_sgd();
  EXPECT_EQ(optimizer->learning_rate(), 0.5);
  optimizer->set_learning_rate(0.25);
  EXPECT_EQ(optimizer->learning_rate(), 0.25);
  const Variable w(vector({1.0}), "w");
  optimizer->apply({vector({8.0})}, {w});
  EXPECT_EQ(w.value().item(), 0.75);
}

TEST(LossScaleOptimizer, TakesTheInnerScaleAway) {
  const Optimizer inner = optimizers::SGD({.learning_rate = 1.0, .loss_scale_factor = 4.0});
  const Optimizer optimizer =
      optimizers::LossScaleOptimizer({.inner_optimizer = inner, .initial_scale = 2.0});
  const Variable w(vector({1.0}), "w");
  optimizer->apply({vector({1.0})}, {w});
  EXPECT_EQ(w.value().item(), 0.5);
  Json config;
  config_put(config, "optimizer", optimizer);
  EXPECT_TRUE(config["optimizer"]["config"]["inner_optimizer"]["config"]["loss_scale_factor"].is_null());
}

TEST(LossScaleOptimizer, DividesGradientsOfSixteenBitsInFloat32) {
  // 2^-20 / 2^10 would be 0 in float16; here it is 0.5 after the rate.
  const Optimizer optimizer = optimizers::LossScaleOptimizer(
      {.inner_optimizer = optimizers::SGD({.learning_rate = 0x1p29, .clipvalue = 1.0}),
       .initial_scale = 0x1p10});
  const Variable w(vector({1.0}), "w");
  optimizer->apply({vector({0x1p-20}, DType::float16)}, {w});
  EXPECT_EQ(w.value().item(), 0.5);
}

TEST(LossScaleOptimizer, IsWrittenAndReadAsKerasWritesIt) {
  Json out;
  config_put(out, "optimizer", scaled_sgd());
  const Json& written = out["optimizer"];
  EXPECT_EQ(written["module"], "keras.optimizers");
  EXPECT_EQ(written["class_name"], "LossScaleOptimizer");
  EXPECT_EQ(written["config"]["name"], "loss_scale_optimizer");
  EXPECT_EQ(written["config"]["initial_scale"], 8.0);
  EXPECT_EQ(written["config"]["dynamic_growth_steps"], 2);
  EXPECT_EQ(written["config"]["inner_optimizer"]["class_name"], "SGD");
  EXPECT_EQ(written["config"]["inner_optimizer"]["config"]["momentum"], 0.5);
  Optimizer again;
  config_get(written, {"compile_config", "optimizer"}, again);
  Json out_again;
  config_put(out_again, "optimizer", again);
  EXPECT_EQ(out_again, out);

  // Keras before 3.10 and tf.keras 2 wrote more.
  Json old = written;
  old["config"]["use_ema"] = false;
  old["config"]["ema_momentum"] = 0.99;
  old["config"]["clipnorm"] = nullptr;
  old["config"]["dynamic"] = true;
  old["class_name"] = "LossScaleOptimizerV3";
  config_get(old, {"compile_config", "optimizer"}, again);
  EXPECT_EQ(again->scale_loss(Tensor::scalar(1.0)).item(), 8.0);
  old["config"]["clipnorm"] = 2.0;
  testing::expect_error<ValueError>(
      [&] {
        config_get(old, {"compile_config", "optimizer"}, again);
      },
      {"LossScaleOptimizer", "clipnorm", "2.0"});
}

TEST(LossScaleOptimizer, NeedsAnotherOptimizer) {
  testing::expect_error<ValueError>([] { (void)Optimizer("LossScaleOptimizer"); }, {"inner_optimizer"});
}

TEST(LossScaleOptimizer, IsNotPutAroundItself) {
  const Optimizer once = optimizers::with_loss_scaling("adam");
  EXPECT_STREQ(once->class_name(), "LossScaleOptimizer");
  EXPECT_EQ(once->scale_loss(Tensor::scalar(1.0)).item(), 32768.0);
  EXPECT_EQ(optimizers::with_loss_scaling(once).pointer(), once.pointer());
}

struct HalfCase {
  std::function<Optimizer()> make;
  std::vector<double> float16, bfloat16;
};

// Keras rounds after each operation of the rule, here each update is rounded once.
TEST(Optimizer, UpdatesVariablesOfSixteenBits) {
  using namespace optimizers;
  const std::vector<HalfCase> cases = {
      {[] { return Optimizer(SGD({.learning_rate = 0.125, .momentum = 0.75})); },
       {0.29248046875, -1.0546875, 1.9833984375},
       {0.29296875, -1.0546875, 1.984375}},
      {[] { return Optimizer(RMSprop({.learning_rate = 0.01})); },
       {0.389892578125, -1.1591796875, 2.0078125},
       {0.390625, -1.1640625, 2.0}},
      {[] { return Optimizer(Adagrad({.learning_rate = 0.1})); },
       {0.29345703125, -1.0673828125, 2.029296875},
       {0.296875, -1.0703125, 2.03125}},
      {[] { return Optimizer(SGD({.learning_rate = 0.1, .weight_decay = 0.25})); },
       {0.354248046875, -1.0546875, 1.8388671875},
       {0.35546875, -1.0390625, 1.84375}},
      {[] {
         return Optimizer(
             SGD({.learning_rate = 0.1, .use_ema = true, .ema_momentum = 0.5, .ema_overwrite_frequency = 2}));
       },
       {0.4375, -1.1962890625, 2.00390625},
       {0.4375, -1.1875, 2.0}},
      {[] { return Optimizer(SGD({.learning_rate = 0.5, .clipnorm = 1.0})); },
       {0.0001220703125, -0.8505859375, 2.1484375},
       {-0.0009765625, -0.84375, 2.15625}},
  };
  for (const HalfCase& c : cases) {
    for (const DType dtype : {DType::float16, DType::bfloat16}) {
      const Optimizer optimizer = c.make();
      const Variable w(vector({0.5, -1.25, 2.0}, dtype), "a");
      for (int step = 0; step < 4; ++step) {
        optimizer->apply({vector({0.1 * (step + 1), -0.2, 0.3 - 0.25 * step}, dtype)}, {w});
      }
      ASSERT_EQ(w.dtype(), dtype);
      for (const Variable& slot : optimizer->variables()) {
        EXPECT_EQ(slot.dtype() == dtype, slot.shape() == w.shape()) << slot.path();
      }
      const bool is_float16 = dtype == DType::float16;
      expect_values(w.value(), {3}, is_float16 ? c.float16 : c.bfloat16, 0, is_float16 ? 0x1p-9 : 0x1p-6);
    }
  }
}

TEST(Optimizer, AdamMovesVariablesOfBfloat16) {
  // Keras rounds beta_2 to 1 and then divides the step by infinity: it stands still.
  const Optimizer optimizer = optimizers::Adam({.learning_rate = 0.0625});
  const Variable w(vector({1.0, -1.0}, DType::bfloat16), "a");
  for (int step = 0; step < 4; ++step) optimizer->apply({vector({0.5, -2.0}, DType::bfloat16)}, {w});
  expect_values(w.value(), {2}, {0.75, -0.75}, 0, 0x1p-7);
}

}  // namespace
}  // namespace sepal
