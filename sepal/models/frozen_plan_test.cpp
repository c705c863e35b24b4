// `predict` runs a frozen plan; the model's own call is what it must agree with.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/layers/layers.h"
#include "sepal/models/frozen_fusion.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_same_bits;
using testing::varied;

// Weights of size about 1 / sqrt(inputs), so that values keep their size from layer to layer; all statistics
// of batch normalization differ from those that fold to nothing.
void set_varied_weights(const Model& model) {
  unsigned seed = 1;
  for (Variable& variable : model->weights()) {
    Tensor value = varied(variable.shape(), seed++, DType::float32);
    const bool is_kernel = variable.shape().rank() > 1;
    const auto fan =
        is_kernel ? static_cast<double>(variable.num_elements() / variable.shape().back()) : 16.0;
    const bool is_scale = variable.name() == "gamma" || variable.name() == "moving_variance";
    value = ops::multiply(value, is_scale ? 0.3 : 1.0 / std::sqrt(fan));
    variable.assign(is_scale ? ops::add(value, 1.0) : value);
  }
}

void expect_near(const Tensor& got, const Tensor& want) {
  ASSERT_EQ(got.shape(), want.shape());
  double largest = 0.0;
  double difference = 0.0;
  for (std::int64_t i = 0; i < want.num_elements(); ++i) {
    largest = std::max(largest, std::abs(want.at(i)));
    difference = std::max(difference, std::abs(got.at(i) - want.at(i)));
  }
  EXPECT_GT(largest, 0.0);
  EXPECT_LE(difference, 1e-6 * largest);
}

void expect_prediction_as_called(const Model& model, const Tensors& inputs) {
  set_varied_weights(model);
  const Tensors want = model.all(inputs);
  // The second prediction runs a plan that is there already.
  for (int i = 0; i < 2; ++i) {
    const Tensors got = model->predict_all(inputs, {.batch_size = 64});
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t k = 0; k < want.size(); ++k) expect_near(got[k], want[k]);
  }
}

void expect_prediction_as_called(const Model& model, const Shape& input) {
  expect_prediction_as_called(model, Tensors{varied(input, 7, DType::float32)});
}

KerasTensor image(std::int64_t height, std::int64_t width, std::int64_t channels) {
  return Input({.shape = {height, width, channels}});
}

// The beginning of MobileNet in small.
KerasTensor mobile_blocks(KerasTensor x) {
  x = layers::Conv2D({.filters = 8, .kernel_size = 3, .strides = 2, .padding = "same", .use_bias = false})(x);
  x = layers::BatchNormalization()(x);
  x = layers::ReLU({.max_value = 6.0})(x);
  x = layers::ZeroPadding2D({.padding = {{0, 1}, {0, 1}}})(x);
  x = layers::DepthwiseConv2D({.kernel_size = 3, .strides = 2, .use_bias = false})(x);
  x = layers::BatchNormalization()(x);
  x = layers::ReLU({.max_value = 6.0})(x);
  x = layers::Conv2D({.filters = 20, .kernel_size = 1, .use_bias = false})(x);
  x = layers::BatchNormalization()(x);
  return layers::ReLU({.max_value = 6.0})(x);
}

Model small_mobile_net() {
  const KerasTensor in = image(15, 13, 3);
  KerasTensor x = layers::GlobalAveragePooling2D()(mobile_blocks(in));
  x = layers::Dropout({.rate = 0.5})(x);
  return Model(in, layers::Dense({.units = 5, .activation = "softmax"})(x));
}

std::size_t steps_of(const Model& model) {
  std::vector<frozen::Revision> revisions;
  std::optional<frozen::Graph> graph = frozen::graph_of(*model, revisions);
  if (!graph) return 0;
  frozen::fuse(*graph);
  return graph->nodes.size();
}

TEST(FrozenPlan, FoldsBatchNormalizationAndFusesActivations) {
  const Model model = small_mobile_net();
  expect_prediction_as_called(model, {3, 15, 13, 3});
  // Convolution; zeros, depthwise and 1x1; mean; product; softmax.
  EXPECT_EQ(steps_of(model), 5U);
}

TEST(FrozenPlan, FoldsIntoKernelsOfEveryKind) {
  const KerasTensor in = image(9, 8, 6);
  KerasTensor x = layers::BatchNormalization()(layers::SeparableConv2D(
      {.filters = 10, .kernel_size = {3, 5}, .padding = "same", .depth_multiplier = 2})(in));
  x = layers::BatchNormalization({.scale = false})(
      layers::DepthwiseConv2D({.kernel_size = 3, .depth_multiplier = 2})(x));
  x = layers::Activation({.activation = "swish"})(x);
  x = layers::BatchNormalization({.center = false})(
      layers::Conv2D({.filters = 12, .kernel_size = 3, .groups = 2})(x));
  x = layers::Flatten()(x);
  const Model model(in, layers::BatchNormalization()(layers::Dense({.units = 7, .activation = nullptr})(x)));
  expect_prediction_as_called(model, {4, 9, 8, 6});
  EXPECT_EQ(steps_of(model), 5U);  // with the view that Flatten is
}

TEST(FrozenPlan, AddsResidualsInsideOfConvolutions) {
  const KerasTensor in = image(10, 10, 8);
  KerasTensor left = layers::Conv2D({.filters = 8, .kernel_size = 1})(in);
  left = layers::BatchNormalization()(left);
  KerasTensor right = layers::SeparableConv2D({.filters = 8, .kernel_size = 3, .padding = "same"})(in);
  right = layers::BatchNormalization()(right);
  KerasTensor x = layers::Activation({.activation = "relu"})(layers::Add()({left, right}));
  const KerasTensor tail = layers::Conv2D({.filters = 8, .kernel_size = 3, .padding = "same"})(x);
  const Model model(in, layers::Activation({.activation = "hard_swish"})(layers::Add()({x, tail})));
  expect_prediction_as_called(model, {2, 10, 10, 8});
  EXPECT_EQ(steps_of(model), 3U);
}

// As NASNet halves an image: every second pixel, and every second one of the image moved by one.
TEST(FrozenPlan, LeavesPixelsOutInsideOfPointwiseConvolutions) {
  for (const std::int64_t channels : {3, 12, 44}) {
    for (const std::int64_t size : {1, 6, 7}) {
      const KerasTensor in = image(size, 6, channels);
      const KerasTensor even = layers::Conv2D({.filters = 9, .kernel_size = 1, .padding = "same"})(
          layers::AveragePooling2D({.pool_size = 1, .strides = 2})(in));
      KerasTensor odd = layers::Cropping2D({.cropping = {{1, 0}, {1, 0}}})(
          layers::ZeroPadding2D({.padding = {{0, 1}, {0, 1}}})(in));
      odd = layers::Conv2D({.filters = 5, .kernel_size = 1})(
          layers::AveragePooling2D({.pool_size = 1, .strides = 2})(odd));
      const Model model(in, layers::Concatenate()({even, odd}));
      expect_prediction_as_called(model, {2, size, 6, channels});
      EXPECT_EQ(steps_of(model), 3U);
    }
  }
}

TEST(FrozenPlan, KeepsZerosInThePlaceOfWhatWasCutOff) {
  const KerasTensor in = image(5, 6, 4);
  const KerasTensor cut = layers::Cropping2D({.cropping = 1})(in);
  const Model model(
      in, layers::Conv2D({.filters = 3, .kernel_size = 1})(layers::ZeroPadding2D({.padding = 1})(cut)));
  expect_prediction_as_called(model, {2, 5, 6, 4});
  EXPECT_EQ(steps_of(model), 2U);
}

TEST(FrozenPlan, WritesInPlaceInFrontOfALayersOwnCall) {
  const KerasTensor in = image(6, 5, 4);
  KerasTensor x = layers::MaxPooling2D({.pool_size = 2})(in);
  x = layers::Softmax()(x);
  x = layers::LeakyReLU()(x);
  expect_prediction_as_called(Model(in, layers::Permute({.dims = {2, 1, 3}})(x)), {3, 6, 5, 4});
}

TEST(FrozenPlan, RunsImagesWithChannelsFirst) {
  const KerasTensor in = Input({.shape = {4, 9, 9}});
  const std::string first = "channels_first";
  KerasTensor x = layers::ZeroPadding2D({.padding = 1, .data_format = first})(in);
  x = layers::SeparableConv2D({.filters = 6, .kernel_size = 3, .data_format = first, .use_bias = false})(x);
  x = layers::BatchNormalization({.axis = 1})(x);
  const KerasTensor y = layers::Conv2D({.filters = 6, .kernel_size = 1, .data_format = first})(x);
  x = layers::ReLU()(layers::Add()({x, y}));
  x = layers::MaxPooling2D({.pool_size = 2, .data_format = first})(x);
  x = layers::Cropping2D({.cropping = {{1, 0}, {0, 1}}, .data_format = first})(x);
  expect_prediction_as_called(Model(in, layers::GlobalAveragePooling2D({.data_format = first})(x)),
                              {3, 4, 9, 9});
}

TEST(FrozenPlan, KeepsWhatSeveralLayersRead) {
  const KerasTensor in = image(8, 8, 4);
  const KerasTensor x = layers::Conv2D({.filters = 4, .kernel_size = 3, .padding = "same"})(in);
  // Neither may go into the convolution: its own result is an output, too.
  const KerasTensor a = layers::Activation({.activation = "relu"})(x);
  const KerasTensor b = layers::BatchNormalization()(layers::Activation({.activation = "relu"})(x));
  const KerasTensor joined = layers::Concatenate()({a, b, in});
  const KerasTensor flat = layers::Reshape({.target_shape = {8, 32}})(layers::Average()({a, b, x}));
  const Model model(KerasTensors{in}, KerasTensors{x, joined, flat, in, a});
  expect_prediction_as_called(model, {3, 8, 8, 4});
}

// Three convolutions that write into the concatenation, one with a sum, and what has to be copied.
KerasTensor joined_branches(const KerasTensor& in, const std::string& activation) {
  const KerasTensor x = layers::Conv2D({.filters = 7, .kernel_size = 1})(in);
  const KerasTensor a =
      layers::SeparableConv2D({.filters = 7, .kernel_size = 3, .padding = "same", .use_bias = false})(x);
  const KerasTensor sum = layers::Add()({layers::BatchNormalization()(a), x});
  const KerasTensor b = layers::Conv2D({.filters = 21, .kernel_size = 1, .activation = "relu"})(in);
  const KerasTensor c = layers::Conv2D({.filters = 2, .kernel_size = 1, .activation = "tanh"})(in);
  const KerasTensor d = layers::DepthwiseConv2D({.kernel_size = 3, .padding = "same"})(in);
  const KerasTensor e = layers::Conv2D({.filters = 16, .kernel_size = 1})(
      layers::DepthwiseConv2D({.kernel_size = 3, .padding = "same"})(d));
  return layers::Activation({.activation = activation})(layers::Concatenate()({sum, x, b, c, d, e}));
}

TEST(FrozenPlan, WritesResultsWhereTheyAreJoined) {
  for (const char* activation : {"linear", "relu", "relu6", "sigmoid"}) {
    const KerasTensor in = image(9, 6, 5);
    const KerasTensor joined = joined_branches(in, activation);
    const KerasTensor y = layers::Conv2D({.filters = 5, .kernel_size = 1})(joined);
    const KerasTensor z = layers::LeakyReLU()(joined);
    expect_prediction_as_called(Model(KerasTensors{in}, KerasTensors{y, z}), {3, 9, 6, 5});
  }
}

TEST(FrozenPlan, JoinsForOutputsViewsAndLayersOwnCalls) {
  const KerasTensor in = image(9, 6, 5);
  expect_prediction_as_called(Model(in, joined_branches(in, "relu")), {3, 9, 6, 5});
  expect_prediction_as_called(Model(in, layers::Flatten()(joined_branches(in, "linear"))), {3, 9, 6, 5});
  expect_prediction_as_called(Model(in, layers::PReLU()(joined_branches(in, "relu6"))), {3, 9, 6, 5});
  const KerasTensor scaled = layers::LeakyReLU()(joined_branches(in, "relu"));
  expect_prediction_as_called(Model(in, layers::PReLU()(scaled)), {3, 9, 6, 5});
  expect_prediction_as_called(Model(in, scaled), {3, 9, 6, 5});
}

TEST(FrozenPlan, MergesWithBroadcasting) {
  const KerasTensor in = image(6, 5, 4);
  const KerasTensor squeezed = layers::GlobalAveragePooling2D({.keepdims = true})(in);
  const KerasTensor gate =
      layers::Conv2D({.filters = 4, .kernel_size = 1, .activation = "sigmoid"})(squeezed);
  const KerasTensor scaled = layers::Multiply()({in, gate});
  const KerasTensor from_gate = layers::Subtract()({gate, in});
  const KerasTensor most = layers::Maximum()({gate, scaled, from_gate});
  const KerasTensor least = layers::Minimum()({scaled, in});
  const KerasTensor vector = layers::Average()({gate, gate, least});
  expect_prediction_as_called(Model(KerasTensors{in}, KerasTensors{most, vector}), {2, 6, 5, 4});
}

TEST(FrozenPlan, CallsLayersThatItDoesNotKnow) {
  const KerasTensor in = image(6, 6, 3);
  KerasTensor x = layers::UpSampling2D({.size = 2})(in);
  x = layers::BatchNormalization()(layers::Conv2D({.filters = 4, .kernel_size = 3})(x));
  const KerasTensor shared = layers::PReLU()(x);
  x = layers::LayerNormalization()(shared);
  x = layers::ReLU({.max_value = 4.0, .threshold = 0.5})(layers::Add()({x, shared}));
  x = layers::Activation({.activation = "gelu"})(x);
  x = layers::Conv2D({.filters = 5, .kernel_size = 1, .activation = "softmax"})(x);
  const KerasTensor flipped = layers::Permute({.dims = {2, 1, 3}})(in);
  expect_prediction_as_called(Model(KerasTensors{in}, KerasTensors{x, flipped, shared}), {2, 6, 6, 3});
}

TEST(FrozenPlan, TakesNestedModelsApart) {
  const Sequential inner({layers::SeparableConv2D({.filters = 6, .kernel_size = 3, .use_bias = false}),
                          layers::BatchNormalization(), layers::Activation({.activation = "relu6"})});
  const KerasTensor small = image(7, 7, 6);
  const Model branch(small, layers::Add()({small, layers::Conv2D({.filters = 6, .kernel_size = 1})(small)}));
  const KerasTensor in = image(9, 9, 6);
  const KerasTensor x = inner(in);
  const KerasTensor once = branch(x);
  const Model model(in, layers::Add()({once, branch(once)}));
  expect_prediction_as_called(model, {2, 9, 9, 6});
  EXPECT_EQ(steps_of(model), 4U);
}

TEST(FrozenPlan, RunsModelsWithMasksAsTheyAre) {
  const KerasTensor in = Input({.shape = {5}, .dtype = "int32"});
  KerasTensor x = layers::Embedding({.input_dim = 10, .output_dim = 3, .mask_zero = true})(in);
  const Model model(in, layers::GlobalAveragePooling1D()(layers::Dense({.units = 4})(x)));
  EXPECT_EQ(steps_of(model), 0U);
  expect_prediction_as_called(model,
                              Tensors{Tensor::from<std::int32_t>({1, 2, 0, 0, 0, 3, 4, 5, 6, 0}, {2, 5})});
}

TEST(FrozenPlan, TakesIndicesOfAnEmbedding) {
  const KerasTensor in = Input({.shape = {5}, .dtype = "int32"});
  const KerasTensor x = layers::Embedding({.input_dim = 10, .output_dim = 3})(in);
  const Model model(in, layers::Dense({.units = 4, .activation = "relu"})(layers::Flatten()(x)));
  expect_prediction_as_called(model,
                              Tensors{Tensor::from<std::int32_t>({1, 2, 0, 0, 9, 3, 4, 5, 6, 0}, {2, 5})});
}

TEST(FrozenPlan, ComputesInTheLayersOwnDtype) {
  const KerasTensor in = Input({.shape = {6}, .dtype = "float64"});
  const KerasTensor x = layers::Dense({.units = 5, .activation = "relu", .dtype = "float64"})(in);
  const Model model(in, layers::Dense({.units = 3})(x));
  expect_prediction_as_called(model, Tensors{varied({4, 6}, 3)});
}

TEST(FrozenPlan, CutsBatchesAndTheirRest) {
  const Model model = small_mobile_net();
  set_varied_weights(model);
  const Tensor x = varied({11, 15, 13, 3}, 5, DType::float32);
  const Tensor whole = model->predict(x, {.batch_size = 11});
  for (const std::int64_t batch_size : {4, 11, 32, 5, 3}) {
    expect_near(model->predict(x, {.batch_size = batch_size}), whole);
  }
}

TEST(FrozenPlan, SeesEveryChangeOfTheWeights) {
  const Model model = small_mobile_net();
  set_varied_weights(model);
  const Tensor x = varied({4, 15, 13, 3}, 5, DType::float32);
  expect_near(model->predict(x), model(x));
  Variable statistics = model->get_layer(2)->weights()[2];
  statistics.assign(ops::add(statistics.value(), 0.25));
  expect_near(model->predict(x), model(x));
  model->compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  (void)model->train_on_batch(x, Tensor::from<std::int32_t>({0, 1, 2, 3}, {4}));
  expect_near(model->predict(x), model(x));
}

TEST(FrozenPlan, SeesLayersAddedAndRemoved) {
  Sequential model({Input({.shape = {4}}), layers::Dense({.units = 4, .activation = "relu"})});
  const Tensor x = varied({3, 4}, 1, DType::float32);
  const auto check = [&] {
    set_varied_weights(model);
    expect_near(model->predict(x), model(x));
  };
  check();
  model->add(layers::Dense({.units = 3, .activation = "tanh"}));
  check();
  model->pop();
  model->add(layers::BatchNormalization());
  check();
}

TEST(FrozenPlan, RefusesInputsInTheWordsOfTheModel) {
  const Model model = small_mobile_net();
  testing::expect_error<ValueError>(
      [&] {
        (void)model->predict(Tensor::zeros({2, 15, 12, 3}));
      },
      {"expected shape=(None, 15, 13, 3), found shape=(2, 15, 12, 3)"});
}

TEST(FrozenPlan, RefusesWhatTheLayersRefuseToRun) {
  const CompatibilityScope scope(Compatibility::tf14);
  const KerasTensor in = image(9, 9, 2);
  const Model model(in, layers::DepthwiseConv2D({.kernel_size = 3, .strides = {1, 2}})(in));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THROW((void)model->predict(Tensor::zeros({1, 9, 9, 2})), InvalidArgumentError);
  }
}

TEST(FrozenPlan, GivesTheSameBitsForAnyThreadCount) {
  const Model model = small_mobile_net();
  set_varied_weights(model);
  const Tensor x = varied({5, 15, 13, 3}, 5, DType::float32);
  testing::expect_same_bits_for_any_thread_count(
      [&] { return Tensors{model->predict(x, {.batch_size = 2})}; });
}

TEST(FrozenPlan, ServesSeveralThreadsAtOnce) {
  const Model model = small_mobile_net();
  set_varied_weights(model);
  const Tensor x = varied({6, 15, 13, 3}, 5, DType::float32);
  std::vector<Tensor> wanted;
  for (std::int64_t rows = 1; rows <= 6; ++rows) wanted.push_back(model->predict(x.rows(0, rows)));
  std::vector<std::thread> threads;
  std::vector<std::vector<Tensor>> results(4);
  for (std::vector<Tensor>& mine : results) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round) {
        for (std::int64_t rows = 1; rows <= 6; ++rows) mine.push_back(model->predict(x.rows(0, rows)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<Tensor>& mine : results) {
    for (std::size_t i = 0; i < mine.size(); ++i) expect_same_bits(mine[i], wanted[i % wanted.size()]);
  }
}

}  // namespace
}  // namespace sepal
