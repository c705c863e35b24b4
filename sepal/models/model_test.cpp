#include "sepal/models/model.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/naming.h"
#include "sepal/base/random.h"
#include "sepal/layers/layers.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::varied;

Model two_branches() {
  const KerasTensor image = Input({.shape = {6, 6, 2}, .name = "image"});
  const KerasTensor vector = Input({.shape = {3}, .name = "vector"});
  KerasTensor x =
      layers::SeparableConv2D({.filters = 4, .kernel_size = 3, .activation = "relu", .name = "sep"})(image);
  x = layers::GlobalAveragePooling2D({.name = "pool"})(x);
  const KerasTensor joined = layers::Concatenate({.name = "join"})({x, vector});
  const KerasTensor a = layers::Dense({.units = 2, .name = "a"})(joined);
  const KerasTensor b = layers::Dense({.units = 1, .name = "b"})(joined);
  return Model(KerasTensors{image, vector}, KerasTensors{a, b}, "branches");
}

TEST(Functional, RunsItsLayersInOrder) {
  const Model model = two_branches();
  const Tensor image = varied({5, 6, 6, 2}, 1, DType::float32);
  const Tensor vector = varied({5, 3}, 2, DType::float32);
  const Tensors outputs = model.all(Tensors{image, vector});
  Tensor x = model->get_layer("pool").all({model->get_layer("sep").all({image})[0]})[0];
  x = model->get_layer("join").all({x, vector})[0];
  testing::expect_same_bits(outputs[0], model->get_layer("a").all({x})[0]);
  testing::expect_same_bits(outputs[1], model->get_layer("b").all({x})[0]);
}

TEST(Functional, ListsLayersWeightsAndParameters) {
  const Model model = two_branches();
  std::vector<std::string> names;
  for (const Ref<Layer>& layer : model->layers()) names.push_back(layer->name());
  EXPECT_EQ(names, (std::vector<std::string>{"image", "sep", "pool", "vector", "join", "a", "b"}));
  EXPECT_EQ(model->weights().size(), 7U);
  // 3*3*2*1 + 2*4 + 4, (4 + 3) * 2 + 2, (4 + 3) * 1 + 1
  EXPECT_EQ(model->count_params(), 30 + 16 + 8);
  EXPECT_EQ(model->weights()[0].path(), "sep/depthwise_kernel");
}

TEST(Functional, CastsInputsToTheDtypeOfTheInput) {
  const KerasTensor in = Input({.shape = {2}});
  const Model model(in, layers::Rescaling({.scale = 0.5})(in));
  const Tensor bytes = Tensor::from<std::uint8_t>({2, 4}, {1, 2});
  testing::expect_values(model(bytes), {1, 2}, {1, 2});
}

TEST(Functional, RefusesInputsOfAnotherShape) {
  const Model model = two_branches();
  expect_error<ValueError>(
      [&] {
        (void)model.all(Tensors{varied({5, 6, 6, 3}), varied({5, 3})});
      },
      {"Input 0", "branches", "(None, 6, 6, 2)", "(5, 6, 6, 3)"});
  expect_error<ValueError>([&] { (void)model.all(Tensors{varied({5, 6, 6, 2})}); }, {"expects 2 input(s)"});
}

TEST(Functional, SharesALayerThatIsCalledTwice) {
  const KerasTensor left = Input({.shape = {4}});
  const KerasTensor right = Input({.shape = {4}});
  const layers::Dense shared({.units = 3});
  const Model model({left, right}, layers::Add()({shared(left), shared(right)}));
  EXPECT_EQ(model->weights().size(), 2U);
  const Tensor x = varied({2, 4}, 3, DType::float32);
  const Tensor y = varied({2, 4}, 4, DType::float32);
  testing::expect_same_bits(model(Tensors{x, y}), ops::add(shared(x), shared(y)));
}

TEST(Functional, NestsAsALayer) {
  const KerasTensor inner_in = Input({.shape = {4}});
  const Model inner(inner_in, layers::Dense({.units = 3})(inner_in), "inner");
  const KerasTensor in = Input({.shape = {4}});
  const Model outer(in, layers::Add()({inner(in), inner(in)}));
  EXPECT_EQ(outer->weights().size(), 2U);
  const Tensor x = varied({2, 4}, 5, DType::float32);
  const Tensor once = inner(x);
  testing::expect_same_bits(outer(x), ops::add(once, once));
}

TEST(Functional, ConfigMakesTheSameModelAgain) {
  const Model model = two_branches();
  const Json envelope = model->to_envelope();
  const Model again(ModelBase::from_envelope(envelope));
  EXPECT_EQ(again->to_envelope(), envelope);
  again->set_weights(model->get_weights());
  const Tensors data{varied({2, 6, 6, 2}, 6, DType::float32), varied({2, 3}, 7, DType::float32)};
  const Tensors want = model.all(data);
  const Tensors got = again.all(data);
  testing::expect_same_bits(got[0], want[0]);
  testing::expect_same_bits(got[1], want[1]);
}

TEST(Functional, ConfigWithACycleIsRefused) {
  Json envelope = two_branches()->to_envelope();
  for (Json& layer : envelope["config"]["layers"]) {
    if (layer["name"] != "sep") continue;
    layer["inbound_nodes"][0]["args"][0]["config"]["keras_history"][0] = "pool";
  }
  expect_error<ValueError>([&] { (void)ModelBase::from_envelope(envelope); }, {"cycle"});
}

TEST(Functional, ConfigThatReadsAMissingLayerIsRefused) {
  Json envelope = two_branches()->to_envelope();
  envelope["config"]["output_layers"][0][0] = "nowhere";
  expect_error<ValueError>([&] { (void)ModelBase::from_envelope(envelope); }, {"output_layers", "'nowhere'"});
}

TEST(Sequential, BuildsWithTheShapeOfTheFirstData) {
  const Sequential model({layers::Dense({.units = 3}), layers::Dense({.units = 2})});
  EXPECT_FALSE(model->built());
  EXPECT_EQ(model(varied({5, 4}, 1, DType::float32)).shape(), (Shape{5, 2}));
  EXPECT_TRUE(model->built());
  EXPECT_EQ(model->outputs()[0].shape(), (Shape{kNone, 2}));
}

TEST(Sequential, BuildsAtOnceBehindAnInput) {
  const Sequential model({Input({.shape = {4}}), layers::Dense({.units = 3})});
  EXPECT_TRUE(model->built());
  EXPECT_EQ(model->count_params(), 15);
  EXPECT_EQ(model->layers().size(), 1U);
}

TEST(Sequential, AddsAndPops) {
  const Sequential model;
  model->add(Input({.shape = {4}}));
  model->add(layers::Dense({.units = 3, .name = "first"}));
  expect_error<ValueError>([&] { model->add(layers::Dense({.units = 3, .name = "first"})); }, {"'first'"});
  model->add(layers::Dense({.units = 2}));
  model->pop();
  EXPECT_EQ(model->outputs()[0].shape(), (Shape{kNone, 3}));
  model->pop();
  expect_error<TypeError>([&] { model->pop(); }, {"no layers"});
}

TEST(Sequential, HandsSeveralOutputsOn) {
  const KerasTensor x = Input({.shape = {3}});
  const Model two(x, {layers::Dense({.units = 2, .kernel_initializer = "ones"})(x), layers::ReLU()(x)},
                  "two");
  const Sequential model({Input({.shape = {3}}), two});
  ASSERT_EQ(model->outputs().size(), 2U);
  EXPECT_EQ(model->outputs()[1].shape(), (Shape{kNone, 3}));
  const Tensor one = Tensor::from<float>({1, -2, 3}, {1, 3});
  const Tensors outputs = model->predict_all(one);
  testing::expect_values(outputs[0], {1, 2}, {2, 2});
  testing::expect_values(outputs[1], {1, 3}, {1, 0, 3});
  model->add(layers::Concatenate());
  testing::expect_values(model->predict(one), {1, 5}, {2, 2, 1, 0, 3});
  const auto again = ModelBase::from_envelope(model->to_envelope());
  again->set_weights(model->get_weights());
  testing::expect_values(again->predict(one), {1, 5}, {2, 2, 1, 0, 3});
}

TEST(Sequential, ConfigMakesTheSameModelAgain) {
  const Sequential model({Input({.shape = {8, 8, 1}}),
                          layers::SeparableConv2D({.filters = 2, .kernel_size = {3, 1}, .strides = {2, 1}}),
                          layers::Flatten(), layers::Dropout({.rate = 0.5}), layers::Dense({.units = 3})});
  const Json envelope = model->to_envelope();
  const Model again(ModelBase::from_envelope(envelope));
  EXPECT_EQ(again->to_envelope(), envelope);
}

TEST(Summary, IsWhatKerasPrints) {
  clear_session();
  const Sequential model({Input({.shape = {4}}),
                          layers::Dense({.units = 3, .name = "a very long name with blanks that wraps"}),
                          layers::Dense({.units = 1000, .name = "dense_1"})});
  EXPECT_EQ(model->summary({.line_length = 88}),
            "Model: \"sequential\"\n"
            "┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓\n"
            "┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃\n"
            "┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩\n"
            "│ a very long name with blanks that    │ (None, 3)                   │              15 │\n"
            "│ wraps (Dense)                        │                             │                 │\n"
            "├──────────────────────────────────────┼─────────────────────────────┼─────────────────┤\n"
            "│ dense_1 (Dense)                      │ (None, 1000)                │           4,000 │\n"
            "└──────────────────────────────────────┴─────────────────────────────┴─────────────────┘\n"
            " Total params: 4,015 (15.68 KB)\n"
            " Trainable params: 4,015 (15.68 KB)\n"
            " Non-trainable params: 0 (0.00 B)\n");
}

TEST(Trainable, CascadesAndMovesWeights) {
  const Model model = two_branches();
  model->get_layer("a")->set_trainable(false);
  EXPECT_EQ(model->trainable_weights().size(), 5U);
  EXPECT_EQ(model->non_trainable_weights().size(), 2U);
  model->set_trainable(false);
  EXPECT_TRUE(model->trainable_weights().empty());
  EXPECT_EQ(model->non_trainable_weights().size(), 7U);
}

}  // namespace
}  // namespace sepal
