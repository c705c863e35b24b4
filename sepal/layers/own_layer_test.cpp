// Layers of a user's own: what the base class does for them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;

// Multiplies by a learned number and is punished for the mean of what comes out.
class Scaled : public Layer {
 public:
  explicit Scaled(LayerArguments arguments = {}) : Layer("Scaled", std::move(arguments)) {}

 protected:
  void build(const Shape&) override {
    factor_ = add_weight({.shape = {}, .initializer = "ones", .name = "factor"});
    calls_ = add_weight({.shape = {}, .initializer = "zeros", .trainable = false, .name = "calls"});
  }

  Tensor call(const Tensor& x, const CallContext&) override {
    const Tensor y = ops::multiply(x, factor_.value());
    add_loss(ops::mean(y));
    add_loss([] { return Tensor::scalar(0.5); });
    return y;
  }

 private:
  Variable factor_;
  Variable calls_;
};

// Two layers, one in the other's hands.
class Pair : public Layer {
 public:
  Pair() : Layer("Pair") {}
  std::vector<std::shared_ptr<Layer>> sublayers() const override {
    return {dense_.shared(), scaled_.shared()};
  }

 protected:
  Tensor call(const Tensor& x, const CallContext& context) override {
    return scaled_->call_within({dense_->call_within({x}, context)[0]}, context)[0];
  }

 private:
  layers::Dense dense_{{.units = 2, .kernel_initializer = "ones", .kernel_regularizer = "l2"}};
  Ref<Scaled> scaled_{std::make_shared<Scaled>()};
};

TEST(OwnLayer, AddsLossesInItsCallThatLastUntilTheNext) {
  const Ref<Layer> layer(std::make_shared<Scaled>());
  const Tensor x = Tensor::full({2, 3}, 4.0);
  for (int i = 0; i < 2; ++i) {
    (void)layer(x);
    ASSERT_EQ(layer->losses().size(), 2U);
    EXPECT_DOUBLE_EQ(layer->losses()[0].item(), 4.0);
    EXPECT_DOUBLE_EQ(layer->losses()[1].item(), 0.5);
  }
  EXPECT_EQ(layer->get_losses_for(x).size(), 2U);
  // Finding the shape of a symbolic result runs the call, too, and leaves no losses.
  const Ref<Layer> symbolic(std::make_shared<Scaled>());
  const KerasTensor y = symbolic(Input({.shape = {3}}));
  EXPECT_EQ(y.shape(), (Shape{kNone, 3}));
  EXPECT_TRUE(symbolic->losses().empty());
}

TEST(OwnLayer, HasItsLossesTrained) {
  const Ref<Layer> layer(std::make_shared<Scaled>());
  const Sequential model({Input({.shape = {1}}), layer});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.25})});
  const Logs logs = model->train_on_batch(Tensor::full({2, 1}, 3.0), TensorGroup());
  // The mean 3 and the constant 0.5; the gradient of the factor is 3.
  EXPECT_DOUBLE_EQ(*logs.find("loss"), 3.5);
  EXPECT_DOUBLE_EQ(layer->get_weights()[0].item(), 1.0 - 0.25 * 3.0);
}

TEST(OwnLayer, FreezesTheLayersInside) {
  const Ref<Layer> pair(std::make_shared<Pair>());
  const Tensor y = pair(Tensor::ones({1, 2}));
  testing::expect_values(y, {1, 2}, {2, 2});
  EXPECT_EQ(pair->weights().size(), 4U);
  EXPECT_EQ(pair->trainable_weights().size(), 3U);
  EXPECT_EQ(pair->non_trainable_weights().size(), 1U);
  // The kernel's regularizer, and two of the inner call.
  EXPECT_EQ(pair->losses().size(), 3U);
  pair->set_trainable(false);
  EXPECT_TRUE(pair->trainable_weights().empty());
  EXPECT_EQ(pair->non_trainable_weights().size(), 4U);
  EXPECT_FALSE(pair->sublayers()[0]->trainable());
  EXPECT_TRUE(pair->sublayers()[0]->trainable_weights().empty());
  pair->set_trainable(true);
  EXPECT_EQ(pair->trainable_weights().size(), 3U);
}

TEST(OwnLayer, KeepsLossesOfLayersInsideOnce) {
  const Ref<Layer> pair(std::make_shared<Pair>());
  pair->sublayers()[0]->add_loss(1.0);
  pair->add_update([] {});
  (void)pair(Tensor::ones({1, 2}));
  const Sequential model({Input({.shape = {2}}), pair});
  EXPECT_EQ(model->updates().size(), 1U);
  // Regularizer and added loss; those of the pair's own call are not the model's.
  EXPECT_EQ(model->losses().size(), 2U);
  EXPECT_EQ(model->standing_losses().size(), 2U);
}

TEST(OwnLayer, WithoutACallSaysSo) {
  class Nothing : public Layer {
   public:
    Nothing() : Layer("Nothing") {}
  };
  const Ref<Layer> nothing(std::make_shared<Nothing>());
  expect_error<UnimplementedError>([&] { (void)nothing(Tensor::ones({1, 2})); }, {"Nothing", "call"});
}

}  // namespace
}  // namespace sepal
