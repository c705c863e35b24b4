#include "sepal/models/clone.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/layers/deep_copy.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::varied;

Model shared_twice() {
  const KerasTensor x = Input({.shape = {4}, .name = "x"});
  const layers::Dense shared({.units = 4, .kernel_initializer = initializers::GlorotUniform({.seed = 7})});
  const KerasTensor y = layers::Add({.name = "sum"})({shared(x), shared(shared(x))});
  return Model(x, layers::Dense({.units = 2, .name = "head"})(y), "shared_twice");
}

// The same structure, weights aside.
void expect_same_structure(const Model& a, const Model& b) {
  EXPECT_EQ(a->get_config(), b->get_config());
  ASSERT_EQ(a->weights().size(), b->weights().size());
  for (std::size_t i = 0; i < a->weights().size(); ++i) {
    EXPECT_FALSE(a->weights()[i] == b->weights()[i]);
    EXPECT_EQ(a->weights()[i].shape(), b->weights()[i].shape());
  }
}

TEST(CloneModel, MakesNewLayersOfTheSameStructure) {
  const Model model = shared_twice();
  const Model clone = clone_model(model);
  expect_same_structure(model, clone);
  // Drawn anew: with a seed the same, without one others.
  testing::expect_same_bits(clone->get_weights()[0], model->get_weights()[0]);
  EXPECT_NE(clone->get_weights()[2].at(0), model->get_weights()[2].at(0));
  clone->set_weights(model->get_weights());
  const Tensor x = varied({3, 4}, 1, DType::float32);
  testing::expect_same_bits(clone(x), model(x));
}

TEST(CloneModel, AsksTheFunctionForEachLayerOnce) {
  const Model model = shared_twice();
  std::vector<std::string> asked;
  const Model clone = clone_model(model, [&](const Ref<Layer>& layer) -> Ref<Layer> {
    asked.push_back(layer->name());
    if (layer->name() == "head") return layers::Dense({.units = 5, .name = "wide"});
    return deep_copy(layer);
  });
  EXPECT_EQ(asked, (std::vector<std::string>{model->get_layer(1)->name(), "sum", "head"}));
  EXPECT_EQ(clone->output_shape(), (Shape{kNone, 5}));
  EXPECT_EQ(clone->get_layer(1)->inbound_nodes().size(), 3U);
  testing::expect_same_bits(clone->get_weights()[0], model->get_weights()[0]);
  expect_error<TypeError>(
      [&] { (void)clone_model(model, [](const Ref<Layer>&) { return Ref<Layer>(nullptr); }); },
      {"`clone_function`", "empty handle"});
}

TEST(CloneModel, KeepsASequentialOne) {
  const Sequential model({Input({.shape = {4}}), layers::Dense({.units = 3}), layers::ReLU()}, "chain");
  const Sequential clone = clone_model(model);
  expect_same_structure(Model(model), Model(clone));
  const Sequential changed = clone_model(model, [](const Ref<Layer>& layer) -> Ref<Layer> {
    return layer->class_name() == "ReLU" ? Ref<Layer>(layers::ELU()) : deep_copy(layer);
  });
  EXPECT_EQ(changed->name(), "chain");
  EXPECT_EQ(changed->get_layer(1)->class_name(), "ELU");
  const Sequential unbuilt({layers::Dense({.units = 3})});
  EXPECT_TRUE(clone_model(unbuilt)->inputs().empty());
}

TEST(CloneModel, KeepsWhatTensorFlow14DidNotWrite) {
  const Sequential model({Input({.shape = {6, 6, 2}}),
                          layers::SeparableConv2D({.filters = 3, .kernel_size = 2, .depth_multiplier = 2})});
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  EXPECT_EQ(clone_model(model)->output_shape(), (Shape{kNone, 5, 5, 3}));
}

}  // namespace
}  // namespace sepal
