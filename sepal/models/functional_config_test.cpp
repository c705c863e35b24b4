#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
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

}  // namespace
}  // namespace sepal
