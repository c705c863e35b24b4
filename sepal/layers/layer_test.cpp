#include "sepal/layers/layer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/naming.h"
#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::varied;

TEST(Layer, TakesItsNameFromItsClass) {
  clear_session();
  EXPECT_EQ(layers::SeparableConv2D({.filters = 1, .kernel_size = 1})->name(), "separable_conv2d");
  EXPECT_EQ(layers::SeparableConvolution2D({.filters = 1, .kernel_size = 1})->name(), "separable_conv2d_1");
  EXPECT_EQ(layers::ReLU()->name(), "re_lu");
  EXPECT_EQ(layers::Dense({.units = 1, .name = "own"})->name(), "own");
  expect_error<ValueError>([] { layers::Dense({.units = 1, .name = "a/b"}); }, {"`/`", "a/b"});
}

TEST(Layer, SaysWhichInputDoesNotFit) {
  const layers::SeparableConv2D layer({.filters = 2, .kernel_size = 3, .name = "sep"});
  expect_error<ValueError>(
      [&] {
        (void)layer(varied({5, 5, 3}, 0, DType::float32));
      },
      {"layer \"sep\"", "expected ndim=4, found ndim=3", "(5, 5, 3)"});
  EXPECT_FALSE(layer->built());
  (void)layer(varied({1, 5, 5, 3}, 0, DType::float32));
  expect_error<ValueError>(
      [&] {
        (void)layer(varied({1, 5, 5, 4}, 0, DType::float32));
      },
      {"expected axis 3", "value 3", "(1, 5, 5, 4)"});
  EXPECT_EQ(layer(varied({2, 9, 7, 3}, 0, DType::float32)).shape(), (Shape{2, 7, 5, 2}));
}

TEST(Layer, RefusesSeveralInputsWhereItTakesOne) {
  const layers::Dense layer({.units = 2});
  const Tensor x = varied({1, 3}, 0, DType::float32);
  expect_error<ValueError>([&] { (void)layer(Tensors{x, x}); }, {"expects 1 input(s)", "2 input tensors"});
}

TEST(Layer, RefusesIntegersWhereItComputes) {
  const layers::Dense layer({.units = 2});
  expect_error<TypeError>([&] { (void)layer(Tensor::zeros({1, 3}, DType::int32)); }, {"int32", "float32"});
}

TEST(Layer, CastsFloatsToItsOwnDtype) {
  const layers::Dense layer({.units = 2, .dtype = "float64"});
  EXPECT_EQ(layer(varied({1, 3}, 0, DType::float32)).dtype(), DType::float64);
}

TEST(Layer, SetsAllWeightsOrNone) {
  const layers::Dense layer({.units = 2});
  (void)layer(varied({1, 3}, 0, DType::float32));
  const Tensors before = layer->get_weights();
  expect_error<ValueError>([&] { layer->set_weights({Tensor::zeros({3, 2})}); }, {"length 1", "2 weights"});
  expect_error<ValueError>(
      [&] {
        layer->set_weights({Tensor::zeros({3, 2}), Tensor::zeros({3})});
      },
      {"(2,)", "(3,)"});
  testing::expect_same_bits(layer->get_weights()[0], before[0]);
}

TEST(Layer, CountsParametersOnceItIsBuilt) {
  const layers::SeparableConv2D layer({.filters = 6, .kernel_size = 3, .depth_multiplier = 2});
  expect_error<ValueError>([&] { (void)layer->count_params(); }, {"isn't built"});
  layer->build_for({{2, 7, 6, 3}});
  EXPECT_EQ(layer->count_params(), 54 + 36 + 6);
}

TEST(Layer, StaysUnbuiltWhenItsBuildFails) {
  const layers::SeparableConv2D layer({.filters = 2, .kernel_size = 3});
  expect_error<ValueError>([&] { layer->build_for({{1, 2, 2, 3}}); }, {"zero or negative"});
  EXPECT_FALSE(layer->built());
  EXPECT_TRUE(layer->weights().empty());
  expect_error<ValueError>([&] { layer->build_for({{1, 5, 5, kNone}}); }, {"channel dimension"});
}

TEST(Layer, GivesItsInputAndOutputUnlessCalledTwice) {
  const layers::Dense layer({.units = 2});
  expect_error<AttributeError>([&] { (void)layer->input(); }, {"never been called"});
  const KerasTensor x = Input({.shape = {3}});
  const KerasTensor y = layer(x);
  EXPECT_EQ(layer->input(), x);
  EXPECT_EQ(layer->output(), y);
  const KerasTensor z = layer(x);
  expect_error<AttributeError>([&] { (void)layer->output(); }, {"multiple inbound nodes"});
}

class Doubled : public Layer {
 public:
  Doubled() : Layer("Doubled") {}

 protected:
  Tensor call(const Tensor& x, const CallContext&) override {
    return ops::sum(ops::multiply(x, 2.0), {{-1}});
  }
};

TEST(Layer, FindsTheShapeOfAUsersLayerByRunningIt) {
  const Ref<Layer> layer(std::make_shared<Doubled>());
  EXPECT_EQ(layer(Input({.shape = {kNone, 4}})).shape(), (Shape{kNone, kNone}));
  EXPECT_EQ(layer(Input({.shape = {3, 4}})).shape(), (Shape{kNone, 3}));
  testing::expect_values(layer(Tensor::from<float>({1, 2, 3, 4}, {2, 2})), {2}, {6, 14});
}

TEST(Layer, SaysSoWhenAHandleIsEmpty) {
  const Ref<Layer> none(nullptr);
  expect_error<RuntimeError>([&] { (void)none->name(); }, {"no layer"});
  expect_error<RuntimeError>([&] { (void)none(Tensor::ones({1})); }, {"no layer"});
  expect_error<ValueError>([] { (void)KerasTensor().shape(); }, {"not defined"});
}

TEST(Registry, MakesAUsersLayerOnceItIsRegistered) {
  const Json config = {{"name", "mine"}};
  expect_error<ValueError>([&] { (void)layer_from_config("DoubledHere", config); },
                           {"'mine'", "DoubledHere"});
  register_layer("DoubledHere", [](const Json&, const std::string&) { return std::make_shared<Doubled>(); });
  EXPECT_EQ(layer_from_config("DoubledHere", config)->class_name(), "Doubled");
}

TEST(Registry, RefusesWhatItDoesNotUnderstand) {
  Json config = layers::SeparableConv2D({.filters = 2, .kernel_size = 3, .name = "sep"})->get_config();
  const auto with = [&](const char* key, Json value) {
    Json changed = config;
    changed[key] = std::move(value);
    return changed;
  };
  const auto make = [](const Json& changed) { (void)layer_from_config("SeparableConv2D", changed); };
  expect_error<TypeError>([&] { make(with("foo", 1)); }, {"layer 'sep'", "'foo'"});
  expect_error<TypeError>([&] { make(with("filters", "8")); },
                          {"layer 'sep'", "'filters'", "integer", "\"8\""});
  expect_error<ValueError>([&] { make(with("kernel_size", nullptr)); }, {"'kernel_size'"});
  expect_error<ValueError>([&] { make(with("filters", -1)); }, {"filters=-1"});
  expect_error<ValueError>([&] { make(with("activation", "threshold?")); }, {"activation", "threshold?"});
  expect_error<ValueError>(
      [] {
        (void)layer_from_config("Lambda", {{"name", "l"}});
      },
      {"'l'", "Python code"});
}

TEST(Registry, ReadsTheSecondNameOfSeparableConv2D) {
  const Json config = layers::SeparableConv2D({.filters = 2, .kernel_size = 3})->get_config();
  EXPECT_EQ(layer_from_config("SeparableConvolution2D", config)->class_name(), "SeparableConv2D");
}

}  // namespace
}  // namespace sepal
