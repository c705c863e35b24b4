// The oracle's rows E19 to E60: the members of the Layer contract. E1 to E18 stand in argument_rows_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/sepal.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_error;
using testing::expect_same_bits;
using testing::varied;

const Shape kImage{1, 5, 5, 3};

SeparableConv2D separable(const std::string& name = {}) {
  return SeparableConv2D({.filters = 6, .kernel_size = 3, .name = name});
}

SeparableConv2D built(const std::string& name = {}) {
  const SeparableConv2D layer = separable(name);
  layer->build_for({kNone, 5, 5, 3});
  return layer;
}

Tensor image(const Shape& shape = kImage) { return varied(shape, 3, DType::float32); }

KerasTensor symbolic(std::int64_t size = 5) { return Input({.shape = {size, 5, 3}}); }

TEST(OracleRows, E19_CountParamsNeedsABuiltLayer) {
  const SeparableConv2D layer = separable();
  expect_error<ValueError>([&] { (void)layer->count_params(); }, {"count_params", "isn't built"});
  layer->build_for({2, 7, 6, 3});
  EXPECT_EQ(layer->count_params(), 51);
}

TEST(OracleRows, E20_AnUnbuiltLayerHasNoWeightsToSet) {
  const SeparableConv2D layer = separable();
  EXPECT_TRUE(layer->get_weights().empty());
  expect_error<ValueError>([&] { layer->set_weights({image()}); }, {"length 1", "0 weights"});
  layer->set_weights({});
}

TEST(OracleRows, E21_E22_E23_SetWeightsChangesAllOrNothing) {
  const SeparableConv2D layer = built();
  const Tensors before = layer->get_weights();
  const Tensor depthwise = Tensor::ones({3, 3, 3, 1});
  const Tensor pointwise = Tensor::ones({1, 1, 3, 6});
  expect_error<ValueError>([&] { layer->set_weights({depthwise, pointwise}); }, {"length 2", "3 weights"});
  expect_error<ValueError>(
      [&] {
        layer->set_weights({depthwise, pointwise, Tensor::ones({5})});
      },
      {"(6,)", "(5,)", "bias"});
  expect_error<ValueError>(
      [&] {
        layer->set_weights({depthwise, Tensor::ones({3, 6}), Tensor::ones({6})});
      },
      {"(1, 1, 3, 6)", "(3, 6)"});
  for (std::size_t i = 0; i < before.size(); ++i) expect_same_bits(layer->get_weights()[i], before[i]);
}

TEST(OracleRows, E24_WithoutCallsPropertiesAndMethodsDifferInTheirError) {
  const SeparableConv2D layer = separable("sep");
  expect_error<AttributeError>([&] { (void)layer->input(); }, {"\"sep\"", "never been called", "input"});
  expect_error<AttributeError>([&] { (void)layer->output(); }, {"never been called", "output"});
  expect_error<AttributeError>([&] { (void)layer->input_mask(); }, {"never been called"});
  expect_error<AttributeError>([&] { (void)layer->output_mask(); }, {"never been called"});
  expect_error<AttributeError>([&] { (void)layer->input_shape(); }, {"never been called", "input shape"});
  expect_error<AttributeError>([&] { (void)layer->output_shape(); }, {"never been called", "output shape"});
  expect_error<RuntimeError>([&] { (void)layer->get_input_at(0); },
                             {"\"sep\"", "never been called", "input"});
  expect_error<RuntimeError>([&] { (void)layer->get_output_at(0); }, {"never been called"});
  expect_error<RuntimeError>([&] { (void)layer->get_input_shape_at(0); }, {"input shape"});
  expect_error<RuntimeError>([&] { (void)layer->get_output_shape_at(0); }, {"output shape"});
  expect_error<RuntimeError>([&] { (void)layer->get_input_mask_at(0); }, {"input mask"});
  expect_error<RuntimeError>([&] { (void)layer->get_output_mask_at(0); }, {"output mask"});
}

TEST(OracleRows, E25_ANodeThatDoesNotExistIsAValueError) {
  const SeparableConv2D layer = separable("sep");
  const KerasTensor x = symbolic();
  const KerasTensor y = layer(x);
  EXPECT_EQ(layer->get_input_at(0), x);
  EXPECT_EQ(layer->get_output_at(0), y);
  expect_error<ValueError>([&] { (void)layer->get_input_at(1); },
                           {"Asked to get input at node 1", "only 1 inbound nodes"});
  expect_error<ValueError>([&] { (void)layer->get_output_shape_at(-1); }, {"node -1"});
}

TEST(OracleRows, E26_InputIsIllDefinedAfterTwoCalls) {
  const SeparableConv2D layer = separable("sep");
  const KerasTensor x = symbolic();
  const KerasTensor first = layer(x);
  EXPECT_EQ(layer->input(), x);
  EXPECT_FALSE(layer->input_mask()->defined());
  EXPECT_FALSE(layer->output_mask()->defined());
  const KerasTensor second = layer(x);
  expect_error<AttributeError>([&] { (void)layer->input(); }, {"multiple inbound nodes", "get_input_at"});
  expect_error<AttributeError>([&] { (void)layer->output(); }, {"multiple inbound nodes", "get_output_at"});
  expect_error<AttributeError>([&] { (void)layer->input_mask(); }, {"multiple inbound nodes"});
  expect_error<AttributeError>([&] { (void)layer->output_mask(); }, {"multiple inbound nodes"});
}

TEST(OracleRows, E27_E28_ShapesMayAgreeAcrossCalls) {
  const SeparableConv2D layer = separable("sep");
  const KerasTensor first = layer(symbolic());
  const KerasTensor second = layer(symbolic());
  EXPECT_EQ(layer->input_shape(), (Shape{kNone, 5, 5, 3}));
  EXPECT_EQ(layer->output_shape(), (Shape{kNone, 3, 3, 6}));
  const KerasTensor third = layer(symbolic(7));
  expect_error<AttributeError>([&] { (void)layer->input_shape(); },
                               {"different input shapes", "get_input_shape_at"});
  expect_error<AttributeError>([&] { (void)layer->output_shape(); },
                               {"different output shapes", "get_output_shape_at"});
  EXPECT_EQ(layer->get_input_shape_at(2), (Shape{kNone, 7, 5, 3}));
  EXPECT_EQ(layer->get_output_shape_at(2), (Shape{kNone, 5, 3, 6}));
  EXPECT_EQ(layer->inbound_nodes().size(), 3U);
}

TEST(OracleRows, E29_TheScopeIsNamedByFirstUse) {
  clear_session();
  const SeparableConv2D later = separable();
  const SeparableConv2D first = separable();
  expect_error<ValueError>([&] { (void)first->scope_name(); }, {first->name().c_str(), "not been used"});
  first->build_for({kNone, 5, 5, 3});
  (void)later(image());
  EXPECT_EQ(first->scope_name(), "separable_conv2d");
  EXPECT_EQ(later->scope_name(), "separable_conv2d_1");
  EXPECT_EQ(built("foo")->scope_name(), "foo");
  EXPECT_EQ(built("foo")->scope_name(), "foo_1");
}

TEST(OracleRows, E30_E31_E32_EagerModeKnowsNoGraph) {
  const SeparableConv2D layer = built("sep");
  const KerasTensor x = symbolic();
  const KerasTensor y = layer(x);
  int runs = 0;
  {
    const EagerMode eager;
    const auto refused = [&](const auto& member, const char* name) {
      expect_error<RuntimeError>(member, {name, "eager mode"});
    };
    refused([&] { (void)layer->losses(); }, "losses");
    refused([&] { (void)layer->updates(); }, "updates");
    refused([&] { (void)layer->graph(); }, "graph");
    refused([&] { (void)layer->input(); }, "input");
    refused([&] { (void)layer->output(); }, "output");
    refused([&] { (void)layer->input_mask(); }, "input_mask");
    refused([&] { (void)layer->output_mask(); }, "output_mask");
    refused([&] { (void)layer->input_shape(); }, "input_shape");
    refused([&] { (void)layer->output_shape(); }, "output_shape");
    refused([&] { layer->add_loss(1.0); }, "add_loss");
    refused([&] { (void)layer->get_losses_for(nullptr); }, "get_losses_for");
    refused([&] { (void)layer->get_updates_for(nullptr); }, "get_updates_for");
    refused([&] { (void)layer->get_input_at(0); }, "get_input_at");
    refused([&] { (void)layer->get_output_at(0); }, "get_output_at");
    refused([&] { (void)layer->get_input_shape_at(0); }, "get_input_shape_at");
    refused([&] { (void)layer->get_output_shape_at(0); }, "get_output_shape_at");
    refused([&] { (void)layer->get_input_mask_at(0); }, "get_input_mask_at");
    refused([&] { (void)layer->get_output_mask_at(0); }, "get_output_mask_at");
    refused([&] { (void)symbolic(); }, "Input");
    refused([&] { (void)layer->add_variable("more", {2}, {.regularizer = "l2"}); }, "regularizer");
    EXPECT_EQ(layer->add_variable("extra", {2}).shape(), (Shape{2}));
    layer->add_update([&] { ++runs; });
    expect_error<ValueError>([&] { (void)layer(x); }, {"eager mode", "symbolic"});

    const SeparableConv2D active({.filters = 1, .kernel_size = 1, .activity_regularizer = "l2"});
    expect_error<ValueError>([&] { (void)active(image()); }, {"activity_regularizer", "eager mode"});

    // What does not speak of a graph goes on as ever.
    EXPECT_EQ(layer(image()).shape(), (Shape{1, 3, 3, 6}));
    EXPECT_EQ(layer->count_params(), 51 + 2);
    EXPECT_EQ(layer->get_weights().size(), 4U);
    EXPECT_FALSE(layer->compute_mask(image()).defined());
    EXPECT_EQ(layer->get_config()["filters"], 6);
  }
  EXPECT_TRUE(layer->updates().empty());
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(layer->input(), x);
}

std::vector<double> values_of(const Tensors& losses) {
  std::vector<double> values;
  for (const Tensor& loss : losses) values.push_back(loss.item());
  return values;
}

TEST(OracleRows, E33_LossesBelongToTheirInputs) {
  const SeparableConv2D layer = separable();
  const KerasTensor a = symbolic();
  layer->add_loss(0.0, a);
  layer->add_loss(1.0);
  EXPECT_EQ(values_of(layer->get_losses_for(a)), (std::vector<double>{0}));
  EXPECT_EQ(values_of(layer->get_losses_for(nullptr)), (std::vector<double>{1}));
  EXPECT_EQ(values_of(layer->losses()), (std::vector<double>{0, 1}));
  EXPECT_TRUE(layer->get_losses_for(symbolic()).empty());
  const Tensor value = image();
  layer->add_loss(2.0, value);
  EXPECT_EQ(values_of(layer->get_losses_for(value)), (std::vector<double>{2}));
}

TEST(OracleRows, E34_UpdatesBelongToTheirInputs) {
  const SeparableConv2D layer = separable();
  const KerasTensor a = symbolic();
  const Update zero = [] {};
  const Update one = [] {};
  layer->add_update(zero, a);
  layer->add_update(one);
  EXPECT_EQ(layer->get_updates_for(a), (std::vector<Update>{zero}));
  EXPECT_EQ(layer->get_updates_for(nullptr), (std::vector<Update>{one}));
  EXPECT_EQ(layer->updates(), (std::vector<Update>{zero, one}));
}

TEST(OracleRows, E35_TheOrderOfTheInputsCounts) {
  const SeparableConv2D layer = separable();
  const KerasTensor a = symbolic();
  const KerasTensor b = symbolic();
  layer->add_loss(1.0, KerasTensors{a, b});
  EXPECT_TRUE(layer->get_losses_for(KerasTensors{b, a}).empty());
  EXPECT_EQ(layer->get_losses_for(KerasTensors{a, b}).size(), 1U);
}

TEST(OracleRows, E36_NoLossesAddNothing) {
  const SeparableConv2D layer = separable();
  layer->add_loss(std::vector<AddedLoss>{});
  EXPECT_TRUE(layer->losses().empty());
}

TEST(OracleRows, E37_AMaskIsATypeErrorWhereNoneIsSupported) {
  const SeparableConv2D layer = separable("sep");
  EXPECT_FALSE(layer->supports_masking());
  EXPECT_FALSE(layer->compute_mask(image()).defined());
  EXPECT_TRUE(layer->compute_mask(Tensors{image()}, Tensors{Tensor()}).empty());
  expect_error<TypeError>(
      [&] {
        (void)layer->compute_mask(image(), Tensor::ones({1, 5, 5}, DType::boolean));
      },
      {"Layer sep does not support masking", "input_mask"});
}

TEST(OracleRows, E38_AMaskedInputIsATypeErrorThatNamesTheLayer) {
  const SeparableConv2D layer = separable("sep");
  const layers::Masking masking;
  expect_error<TypeError>([&] { (void)layer(masking(image())); }, {"Layer sep does not support masking"});
  expect_error<TypeError>([&] { (void)layer(masking(symbolic())); }, {"Layer sep does not support masking"});
  // The error comes after the weights: they stay.
  EXPECT_TRUE(layer->built());
  layer->set_drops_masks(true);
  EXPECT_FALSE(layer(masking(image())).mask().defined());
}

TEST(OracleRows, E39_FreezingMovesWeightsToTheOtherList) {
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  const SeparableConv2D layer(
      {.filters = 6, .kernel_size = 3, .depthwise_regularizer = "l2", .pointwise_regularizer = "l2"});
  layer->build_for({kNone, 5, 5, 3});
  const std::vector<Variable> weights = layer->weights();
  EXPECT_EQ(layer->trainable_weights(), weights);
  EXPECT_EQ(layer->losses().size(), 2U);
  layer->set_trainable(false);
  EXPECT_TRUE(layer->trainable_weights().empty());
  EXPECT_EQ(layer->non_trainable_weights(), weights);
  EXPECT_EQ(layer->weights(), weights);
  EXPECT_EQ(layer->losses().size(), 2U);
  EXPECT_EQ(layer->variables(), weights);
  EXPECT_TRUE(layer->trainable_variables().empty());
  EXPECT_EQ(layer->non_trainable_variables(), weights);
}

TEST(OracleRows, E39_InKeras3AFrozenLayerHasNoRegularizationLoss) {
  const SeparableConv2D layer(
      {.filters = 6, .kernel_size = 3, .depthwise_regularizer = "l2", .pointwise_regularizer = "l2"});
  layer->build_for({kNone, 5, 5, 3});
  layer->set_trainable(false);
  EXPECT_TRUE(layer->losses().empty());
}

TEST(OracleRows, E40_E41_LayersAreNumberedByTheirClass) {
  clear_session();
  EXPECT_EQ(separable()->name(), "separable_conv2d");
  EXPECT_EQ(layers::SeparableConvolution2D({.filters = 1, .kernel_size = 1})->name(), "separable_conv2d_1");
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  clear_session();
  EXPECT_EQ(separable()->name(), "separable_conv2d_1");
  EXPECT_EQ(layers::SeparableConvolution2D({.filters = 1, .kernel_size = 1})->name(), "separable_conv2d_2");
}

TEST(OracleRows, E42_AModelRefusesTwoLayersOfOneName) {
  const KerasTensor x = symbolic(9);
  const KerasTensor y =
      separable("twin")(SeparableConv2D({.filters = 2, .kernel_size = 3, .name = "twin"})(x));
  expect_error<ValueError>([&] { const Model model(x, y); }, {"\"twin\"", "2 times", "unique"});
}

TEST(OracleRows, E43_AConfigMakesALayerWithoutItsWeights) {
  const SeparableConv2D layer = built("sep");
  const Json config = layer->get_config();
  const SeparableConv2D again = SeparableConv2D::from_config(config);
  EXPECT_EQ(again->get_config(), config);
  EXPECT_EQ(config, layer->get_config());
  EXPECT_FALSE(again->built());
  again->build_for({kNone, 5, 5, 3});
  EXPECT_NE(again->get_weights()[0].at(0), layer->get_weights()[0].at(0));
}

TEST(OracleRows, E44_MultiplierAndDilationSurviveTheConfig) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 2, .dilation_rate = 3, .depth_multiplier = 2});
  const SeparableConv2D again = SeparableConv2D::from_config(layer->get_config());
  EXPECT_EQ(again->options().depth_multiplier, 2);
  EXPECT_EQ(again->options().dilation_rate, (IntTuple{3, 3}));
  // TensorFlow 1.4 lost both in silence.
  expect_error<ValueError>([&] { (void)tensorflow14_config(*layer); },
                           {"depth_multiplier", "TensorFlow 1.4", "2"});
}

TEST(OracleRows, E45_AKeyThatIsNotKnownIsATypeError) {
  Json config = separable("sep")->get_config();
  config["foo"] = 1;
  expect_error<TypeError>([&] { (void)SeparableConv2D::from_config(config); }, {"layer 'sep'", "'foo'"});
  expect_error<TypeError>(
      [] {
        (void)SeparableConv2D::from_config({{"name", "sep"}, {"filters", 2}});
      },
      {"kernel_size"});
}

TEST(OracleRows, E46_GivenWeightsAreThereAfterTheFirstCall) {
  const Tensors weights{varied({3, 3, 3, 1}, 1, DType::float32), varied({1, 1, 3, 6}, 2, DType::float32),
                        varied({6}, 4, DType::float32)};
  const SeparableConv2D layer({.filters = 6, .kernel_size = 3}, {.weights = weights});
  EXPECT_TRUE(layer->get_weights().empty());
  (void)layer(image());
  for (std::size_t i = 0; i < 3; ++i) expect_same_bits(layer->get_weights()[i], weights[i]);
  const SeparableConv2D wrong({.filters = 6, .kernel_size = 3}, {.weights = {weights[0]}});
  expect_error<ValueError>([&] { (void)wrong(image()); }, {"length 1", "3 weights"});
  EXPECT_FALSE(wrong->built());
}

TEST(OracleRows, E47_E48_AVariableIsSharedByItsName) {
  const SeparableConv2D layer = built();
  const Variable bias = layer->add_variable("bias", {6});
  EXPECT_EQ(bias, layer->weights()[2]);
  EXPECT_EQ(layer->weights().size(), 3U);
  expect_error<ValueError>([&] { (void)layer->add_variable("bias", {7}); }, {"bias", "(7,)", "(6,)"});
  const Variable extra =
      layer->add_weight({.shape = {4}, .initializer = "ones", .trainable = false, .name = "extra"});
  EXPECT_EQ(layer->non_trainable_weights(), (std::vector<Variable>{extra}));
  EXPECT_EQ(layer->add_variable("extra", {4}), extra);
}

TEST(OracleRows, E49_TheDataFormatIsReadWhenALayerIsMade) {
  const SeparableConv2D before = separable();
  set_image_data_format("Channels_First");
  const SeparableConv2D after = separable();
  set_image_data_format("channels_last");
  EXPECT_EQ(before->options().data_format, "channels_last");
  EXPECT_EQ(after->options().data_format, "channels_first");
  expect_error<ValueError>([] { set_image_data_format("nchw"); }, {"nchw", "channels_first"});
}

TEST(OracleRows, E51_TheFloatTypeIsReadWhenALayerIsMade) {
  set_floatx("float64");
  const SeparableConv2D layer = separable();
  set_floatx("float32");
  EXPECT_EQ(layer->dtype(), DType::float64);
  expect_error<ValueError>([] { set_floatx("float8"); }, {"float8"});
}

TEST(OracleRows, E52_AnInputHasOneShape) {
  expect_error<ValueError>(
      [] {
        (void)Input({.shape = {4}, .batch_shape = {2, 4}});
      },
      {"`shape`", "`batch_shape`"});
  expect_error<ValueError>([] { (void)Input({}); }, {"`shape`"});
}

TEST(OracleRows, E53_ADeepCopyHasWeightsOfItsOwn) {
  const SeparableConv2D layer = built("sep");
  const KerasTensor y = layer(symbolic());
  DeepCopyMemo memo;
  const SeparableConv2D copy = deep_copy(layer, &memo);
  EXPECT_EQ(copy->name(), "sep");
  EXPECT_EQ(copy->get_config(), layer->get_config());
  EXPECT_TRUE(copy->inbound_nodes().empty());
  EXPECT_EQ(deep_copy(layer, &memo), copy);
  EXPECT_FALSE(deep_copy(layer) == copy);
  const Tensors before = layer->get_weights();
  expect_same_bits(copy->get_weights()[1], before[1]);
  copy->set_weights({Tensor::ones({3, 3, 3, 1}), Tensor::ones({1, 1, 3, 6}), Tensor::ones({6})});
  for (std::size_t i = 0; i < 3; ++i) expect_same_bits(layer->get_weights()[i], before[i]);
}

TEST(OracleRows, E54_ApplyIsACall) {
  const SeparableConv2D layer = built();
  expect_same_bits(layer->apply(image()), layer(image()));
  EXPECT_EQ(layer->apply(symbolic()).shape(), (Shape{kNone, 3, 3, 6}));
}

TEST(OracleRows, E55_ValuesLeaveNoNode) {
  const SeparableConv2D layer = separable();
  (void)layer(image());
  EXPECT_TRUE(layer->inbound_nodes().empty());
  expect_error<AttributeError>([&] { (void)layer->output(); }, {"never been called"});
}

TEST(OracleRows, E56_TheActivityRegularizerCanBeTakenAway) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .activity_regularizer = "l2"});
  (void)layer(image());
  EXPECT_EQ(layer->losses().size(), 1U);
  layer->set_activity_regularizer(nullptr);
  (void)layer(image());
  EXPECT_TRUE(layer->losses().empty());
  EXPECT_FALSE(layer->activity_regularizer());
}

TEST(OracleRows, E57_WeightsAreDepthwisePointwiseBias) {
  const SeparableConv2D layer({.filters = 6, .kernel_size = {3, 2}, .depth_multiplier = 4});
  layer->build_for({kNone, 5, 5, 3});
  Shapes shapes;
  for (const Tensor& weight : layer->get_weights()) shapes.push_back(weight.shape());
  EXPECT_EQ(shapes, (Shapes{{3, 2, 3, 4}, {1, 1, 12, 6}, {6}}));
}

TEST(OracleRows, E58_WeightsFitBothDataFormats) {
  const SeparableConv2D last = built();
  const SeparableConv2D first({.filters = 6, .kernel_size = 3, .data_format = "channels_first"});
  first->build_for({kNone, 3, 5, 5});
  first->set_weights(last->get_weights());
  const Tensor x = image();
  testing::expect_close(ops::transpose(first(ops::transpose(x, {0, 3, 1, 2})), {0, 2, 3, 1}), last(x), 1e-6,
                        1e-6);
}

TEST(OracleRows, E59_ASharedLayerIsPenalizedOnce) {
  const SeparableConv2D shared(
      {.filters = 3, .kernel_size = 1, .depthwise_regularizer = "l2", .activity_regularizer = "l2"});
  const KerasTensor x = symbolic();
  const Model model(x, layers::Add()({shared(x), shared(shared(x))}));
  (void)model(image());
  // One for the kernel, one for each of the three calls.
  EXPECT_EQ(model->losses().size(), 4U);
  EXPECT_EQ(model->get_losses_for(nullptr).size(), 1U);
}

TEST(OracleRows, E60_TheReportedLossHasEveryLossInIt) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .use_bias = false});
  const Sequential model({Input({.shape = {1, 1, 1}}), layer});
  layer->set_weights({Tensor::full({1, 1, 1, 1}, 2.0), Tensor::full({1, 1, 1, 1}, 3.0)});
  Variable pointwise = layer->weights()[1];
  layer->add_loss([=] { return ops::sum(pointwise.value()); });
  int updates = 0;
  layer->add_update([&] { ++updates; });
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.5}), .loss = "mse"});
  const Tensor one = Tensor::ones({1, 1, 1, 1});
  const Logs logs = model->train_on_batch(one, Tensor::full({1, 1, 1, 1}, 6.0));
  // The data loss is 0: what remains is the added loss and its gradient, 1 for the pointwise kernel.
  EXPECT_DOUBLE_EQ(*logs.find("loss"), 3.0);
  EXPECT_DOUBLE_EQ(layer->get_weights()[1].item(), 2.5);
  EXPECT_DOUBLE_EQ(layer->get_weights()[0].item(), 2.0);
  EXPECT_EQ(updates, 1);
}

}  // namespace
}  // namespace sepal
