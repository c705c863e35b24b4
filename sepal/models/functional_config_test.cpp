#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/ops/array.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

// A chain with a shared layer: "d" is called on "x" and on its own output.
Model chain() {
  const KerasTensor x = Input({.shape = {3}, .name = "x"});
  const layers::Dense d({.units = 3, .name = "d"});
  KerasTensor y = d(d(x));
  y = layers::Activation({.activation = "tanh", .name = "t"})(y);
  return Model(x, layers::Add({.name = "sum"})({y, d(y)}), "chain");
}

TEST(FunctionalConfig, ReadsLayersInAnyOrder) {
  const Model model = chain();
  const Json envelope = model->to_envelope();
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    Json shuffled = envelope;
    for (std::size_t i = 0; i < order.size(); ++i) {
      shuffled["config"]["layers"][i] = envelope["config"]["layers"][order[i]];
    }
    const Model again(ModelBase::from_envelope(shuffled));
    EXPECT_EQ(again->to_envelope(), envelope);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(FunctionalConfig, ReadsAChainThatIsDeeperThanTheCallStack) {
  constexpr int kLayers = 20'000;
  const Json first = chain()->to_envelope();
  Json envelope = first;
  Json& layers = envelope["config"]["layers"];
  const Json input = layers[0];
  const Json activation = layers[2];
  ASSERT_EQ(activation["name"], "t");
  layers = Json::array();
  // The last layer comes first, so that a reader in the order of the file finds one new input in each pass.
  for (int i = kLayers; i > 0; --i) {
    Json layer = activation;
    layer["name"] = layer["config"]["name"] = fmt::format("t{}", i);
    layer["inbound_nodes"][0]["args"][0]["config"]["keras_history"] =
        Json::array({i == 1 ? std::string("x") : fmt::format("t{}", i - 1), 0, 0});
    layers.push_back(std::move(layer));
  }
  layers.push_back(input);
  envelope["config"]["output_layers"] = Json::array({fmt::format("t{}", kLayers), 0, 0});
  const Model model(ModelBase::from_envelope(envelope));
  EXPECT_EQ(model->layers().size(), kLayers + 1U);
  EXPECT_EQ(model->get_config()["layers"].size(), kLayers + 1U);
}

TEST(FunctionalConfig, RefusesALayerThatReadsItself) {
  Json envelope = chain()->to_envelope();
  envelope["config"]["layers"][2]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] =
      Json::array({"t", 0, 0});
  testing::expect_error<ValueError>([&] { (void)ModelBase::from_envelope(envelope); }, {"chain", "cycle"});
}

TEST(FunctionalConfig, CallsAModelOnTensorsByName) {
  const KerasTensor u = Input({.shape = {2}, .name = "u"});
  const KerasTensor v = Input({.shape = {2}, .name = "v"});
  const Model inner({u, v}, layers::Subtract({.name = "minus"})({u, v}), "inner");
  const KerasTensor a = Input({.shape = {2}, .name = "a"});
  const KerasTensor b = Input({.shape = {2}, .name = "b"});
  const Model outer({a, b}, inner(KerasTensors{a, b}), "outer");
  Json envelope = outer->to_envelope();
  Json& layer = envelope["config"]["layers"][2];
  ASSERT_EQ(layer["name"], "inner");
  Json& args = layer["inbound_nodes"][0]["args"];
  const Json list = args[0];
  // In another order than that of the inputs, as names allow.
  args = Json::array({{{"v", list[1]}, {"u", list[0]}}});
  layer["inbound_nodes"][0]["kwargs"] = {{"mask", {{"u", nullptr}, {"v", nullptr}}}};
  const Model again(ModelBase::from_envelope(envelope));
  const Tensors x = {testing::ramp({1, 2}, DType::float32), Tensor::ones({1, 2})};
  testing::expect_values(again(x), {1, 2}, {0, 1});
  // With names as the inner model's own structure, they are written, too.
  layer["config"]["input_layers"] = {{"first", {"u", 0, 0}}, {"second", {"v", 0, 0}}};
  args = Json::array({{{"second", list[1]}, {"first", list[0]}}});
  const Model named(ModelBase::from_envelope(envelope));
  testing::expect_values(named(x), {1, 2}, {0, 1});
  const Json written = named->get_config()["layers"][2]["inbound_nodes"][0]["args"][0];
  EXPECT_EQ(written["first"]["config"]["keras_history"][0], "a");
  EXPECT_EQ(written["second"]["config"]["keras_history"][0], "b");
  args = Json::array({{{"u", list[0]}, {"w", list[1]}}});
  testing::expect_error<UnimplementedError>([&] { (void)ModelBase::from_envelope(envelope); }, {"'inner'"});
}

TEST(FunctionalConfig, FlattensListsInListsOfInputsAndOutputs) {
  const KerasTensor a = Input({.shape = {2}, .name = "a"});
  const KerasTensor b = Input({.shape = {2}, .name = "b"});
  Json envelope = Model({a, b}, layers::Add({.name = "sum"})({a, b}))->to_envelope();
  envelope["config"]["input_layers"] = Json::parse(R"([["a", 0, 0], [["b", 0, 0]]])");
  envelope["config"]["output_layers"] = Json::parse(R"([[["sum", 0, 0]], [["a", 0, 0]]])");
  const Model again(ModelBase::from_envelope(envelope));
  EXPECT_EQ(again->inputs().size(), 2U);
  EXPECT_EQ(again->outputs().size(), 2U);
}

TEST(FunctionalConfig, LetsMasksTravelByThemselves) {
  const KerasTensor x = Input({.shape = {3, 2}, .name = "x"});
  const KerasTensor masked = layers::Masking({.name = "masking"})(x);
  const Model model(x, layers::GlobalAveragePooling1D({.name = "mean"})(masked));
  Json envelope = model->to_envelope();
  // As Keras 3 writes it: the calls that compute the mask, and the mask as an argument.
  const auto reference = [](const char* layer) {
    return Json{{"class_name", "__keras_tensor__"},
                {"config", {{"keras_history", Json::array({layer, 0, 0})}}}};
  };
  const auto call = [](Json args) {
    return Json::array({{{"args", std::move(args)}, {"kwargs", Json::object()}}});
  };
  Json& layers = envelope["config"]["layers"];
  layers.push_back({{"module", "keras.src.ops.numpy"},
                    {"class_name", "NotEqual"},
                    {"config", {{"name", "not_equal"}}},
                    {"name", "not_equal"},
                    {"inbound_nodes", call(Json::array({reference("x"), 0.0}))}});
  layers.push_back({{"module", "keras.src.ops.numpy"},
                    {"class_name", "Any"},
                    {"config", {{"name", "any"}, {"axis", -1}, {"keepdims", false}}},
                    {"name", "any"},
                    {"inbound_nodes", call(Json::array({reference("not_equal")}))}});
  ASSERT_EQ(layers[2]["name"], "mean");
  layers[2]["inbound_nodes"][0]["kwargs"]["mask"] = reference("any");
  const Model again(ModelBase::from_envelope(envelope));
  EXPECT_EQ(again->get_config(), model->get_config());
  // An input of the model in the place of the mask that the tensor has is another computation.
  layers[2]["inbound_nodes"][0]["kwargs"]["mask"] = reference("x");
  testing::expect_error<UnimplementedError>([&] { (void)ModelBase::from_envelope(envelope); },
                                            {"'mean'", "mask"});
  layers[2]["inbound_nodes"][0]["kwargs"]["mask"] = reference("any");
  // So is the mask of something else.
  layers[2]["inbound_nodes"][0]["args"][0] = reference("x");
  testing::expect_error<UnimplementedError>([&] { (void)ModelBase::from_envelope(envelope); },
                                            {"'mean'", "mask"});
}

TEST(FunctionalConfig, KeepsCallsOfAttention) {
  const KerasTensor x = Input({.shape = {4, 3}, .name = "x"});
  const layers::MultiHeadAttention attention({.num_heads = 2, .key_dim = 2, .name = "attention"});
  attention->set_use_causal_mask(true);
  const Model model(x, attention({x, x}));
  Json config = model->get_config();
  Json& node = config["layers"][1]["inbound_nodes"][0];
  // A tensor for each argument, as Keras calls it.
  EXPECT_EQ(node["args"].size(), 2U);
  EXPECT_EQ(node["kwargs"], Json::parse(R"({"use_causal_mask": true})"));

  // By name they mean the same.
  node["kwargs"]["value"] = node["args"][1];
  node["args"].erase(1);
  const Model again(ModelBase::from_envelope({{"class_name", "Functional"}, {"config", config}}));
  EXPECT_EQ(again->get_config(), model->get_config());
  again->set_weights(model->get_weights());
  const Tensor values = testing::varied({1, 4, 3}).astype(DType::float32);
  const Tensor y = model(values);
  testing::expect_same_bits(again(values), y);
  // The first step sees itself alone, whatever follows.
  Tensor changed = values;
  changed.mutable_data<float>()[11] += 1.0F;
  testing::expect_same_bits(ops::slice(model(changed), 1, 0, 3), ops::slice(y, 1, 0, 3));

  config["layers"][1] = layer_envelope(*layers::Identity({.name = "attention"}));
  config["layers"][1]["inbound_nodes"] = model->get_config()["layers"][1]["inbound_nodes"];
  config["layers"][1]["name"] = "attention";
  testing::expect_error<UnimplementedError>(
      [&] {
        (void)ModelBase::from_envelope({{"class_name", "Functional"}, {"config", config}});
      },
      {"'attention'", "use_causal_mask"});
}

TEST(FunctionalConfig, KeepsCausalCallsOnLists) {
  const KerasTensor x = Input({.shape = {4, 3}, .name = "x"});
  const layers::Attention dot({.name = "dot"});
  const layers::AdditiveAttention additive({.name = "additive"});
  dot->set_use_causal_mask(true);
  additive->set_use_causal_mask(true);
  const Model model(x, additive({x, dot({x, x})}));
  const Json config = model->get_config();
  for (const std::size_t i : {1U, 2U}) {
    const Json& node = config["layers"][i]["inbound_nodes"][0];
    EXPECT_EQ(node["args"].size(), 1U);
    EXPECT_EQ(node["kwargs"], Json::parse(R"({"use_causal_mask": true})"));
  }
  const Model again(ModelBase::from_envelope({{"class_name", "Functional"}, {"config", config}}));
  EXPECT_EQ(again->get_config(), config);
  again->set_weights(model->get_weights());
  const Tensor values = testing::varied({1, 4, 3}).astype(DType::float32);
  const Tensor y = model(values);
  testing::expect_same_bits(again(values), y);
  Tensor changed = values;
  changed.mutable_data<float>()[11] += 1.0F;
  testing::expect_same_bits(ops::slice(model(changed), 1, 0, 3), ops::slice(y, 1, 0, 3));
}

}  // namespace
}  // namespace sepal
