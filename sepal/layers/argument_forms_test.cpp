// Every argument that names an object takes all of Keras's forms: a name, a config object, a typed object and
// a callable.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_values;

Tensor halves(const Shape& shape, DType dtype) { return Tensor::full(shape, 0.5, dtype); }

TEST(ArgumentForms, OfAnInitializer) {
  const auto first_weights = [](Initializer initializer) {
    const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .bias_initializer = std::move(initializer)});
    layer->build_for({kNone, 2, 2, 1});
    return layer->get_weights()[2];
  };
  expect_values(first_weights("ones"), {1}, {1});
  expect_values(first_weights("Ones"), {1}, {1});
  expect_values(first_weights(Json{{"class_name", "Constant"}, {"config", {{"value", 3.0}}}}), {1}, {3});
  expect_values(first_weights(initializers::Constant{.value = 2.0}), {1}, {2});
  expect_values(first_weights(halves), {1}, {0.5});
  expect_values(
      first_weights([](const Shape& shape, DType dtype) { return Tensor::full(shape, 0.25, dtype); }), {1},
      {0.25});
  testing::expect_error<ValueError>([&] { (void)first_weights(Json(5)); }, {"initializer", "5"});
}

TEST(ArgumentForms, OfARegularizer) {
  const auto loss = [](Regularizer regularizer) {
    const SeparableConv2D layer({.filters = 1,
                                 .kernel_size = 1,
                                 .use_bias = false,
                                 .depthwise_initializer = initializers::Constant{.value = 2.0},
                                 .depthwise_regularizer = std::move(regularizer)});
    layer->build_for({kNone, 2, 2, 1});
    return layer->losses().at(0).item();
  };
  EXPECT_NEAR(loss("l2"), 0.04, 1e-7);
  EXPECT_NEAR(loss(Json{{"class_name", "L1"}, {"config", {{"l1", 0.5}}}}), 1.0, 1e-6);
  EXPECT_NEAR(loss(regularizers::L1L2{.l1 = 1.0, .l2 = 1.0}), 6.0, 1e-6);
  EXPECT_NEAR(loss([](const Tensor& w) { return ops::sum(w); }), 2.0, 0.0);
}

TEST(ArgumentForms, OfAConstraint) {
  const auto constrained = [](Constraint constraint) {
    const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .bias_constraint = std::move(constraint)});
    layer->build_for({kNone, 2, 2, 1});
    return layer->weights()[2].constraint()(Tensor::full({1}, -3.0)).item();
  };
  EXPECT_EQ(constrained("non_neg"), 0.0);
  EXPECT_NEAR(constrained(Json{{"class_name", "MaxNorm"}, {"config", {{"max_value", 1.0}}}}), -1.0, 1e-6);
  EXPECT_NEAR(constrained(constraints::UnitNorm{}), -1.0, 1e-6);
  EXPECT_EQ(constrained([](const Tensor& w) { return ops::negative(w); }), 3.0);
}

TEST(ArgumentForms, OfAnActivation) {
  const auto activated = [](ActivationFunction activation) {
    const SeparableConv2D layer({.filters = 1,
                                 .kernel_size = 1,
                                 .activation = std::move(activation),
                                 .depthwise_initializer = "ones",
                                 .pointwise_initializer = "ones"});
    return layer(Tensor::full({1, 1, 1, 1}, -4.0)).item();
  };
  EXPECT_EQ(activated(nullptr), -4.0);
  EXPECT_EQ(activated("relu"), 0.0);
  EXPECT_EQ(activated(Json("relu")), 0.0);
  EXPECT_EQ(activated(Json{{"class_name", "LeakyReLU"}, {"config", {{"negative_slope", 0.5}}}}), -2.0);
  EXPECT_EQ(activated(layers::LeakyReLU({.negative_slope = 0.25})), -1.0);
  EXPECT_EQ(activated(ops::relu6), 0.0);
  EXPECT_EQ(activated([](const Tensor& x) { return ops::multiply(x, 2.0); }), -8.0);
  // Written in place, as in Python.
  const SeparableConv2D layer(
      {.filters = 1, .kernel_size = 1, .activation = [](const Tensor& x) { return ops::abs(x); }});
  testing::expect_error<ValueError>([&] { (void)layer->get_config(); },
                                    {"activation", "register_activation"});
  const SeparableConv2D leaky({.filters = 1, .kernel_size = 1, .activation = layers::LeakyReLU()});
  EXPECT_EQ(leaky->get_config()["activation"]["class_name"], "LeakyReLU");
}

}  // namespace
}  // namespace sepal
