// Weights of legacy `.h5` files: paired with layers by their order, or by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/load_model.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::expect_same_weights;
using ::testing::HasSubstr;

// Layers "a" (3 -> 2) and "b" (2 -> `units`).
Sequential two_layers(const char* first, const char* second, std::int64_t units) {
  return Sequential({Input({.shape = {3}}), layers::Dense({.units = 2, .name = first}),
                     layers::Dense({.units = units, .name = second})});
}

Tensor kernel_of(const Model& model, const char* layer) { return model->get_layer(layer)->get_weights()[0]; }

TEST(LoadWeights, PairsLayersInTheirOrderWhateverTheirNames) {
  const testing::TemporaryFolder temporary;
  const Sequential saved = two_layers("a", "b", 4);
  saved->save_weights(temporary / "w.h5");
  const Sequential model = two_layers("x", "y", 4);
  model->load_weights(temporary / "w.h5");
  expect_same_weights(model, saved);
}

TEST(LoadWeights, ByNameLeavesOtherLayersAlone) {
  const testing::TemporaryFolder temporary;
  const Sequential saved = two_layers("a", "b", 4);
  saved->save_weights(temporary / "w.h5");
  const Sequential model = two_layers("a", "c", 5);
  const Tensor before = kernel_of(model, "c");
  model->load_weights(temporary / "w.h5", {.by_name = true});
  testing::expect_same_bits(kernel_of(model, "a"), kernel_of(saved, "a"));
  testing::expect_same_bits(kernel_of(model, "c"), before);
}

TEST(LoadWeights, SkipsWhatDoesNotFitIfAskedTo) {
  const testing::TemporaryFolder temporary;
  const Sequential saved = two_layers("a", "b", 4);
  for (const char* name : {"w.h5", "w.weights.h5"}) {
    saved->save_weights(temporary / name);
    const Sequential model = two_layers("a", "b", 5);
    const Tensor before = kernel_of(model, "b");
    EXPECT_THAT(testing::error_text<ValueError>([&] { model->load_weights(temporary / name); }),
                AllOf(HasSubstr("(2, 5)"), HasSubstr("(2, 4)")));
    std::vector<std::string> notes;
    model->load_weights(temporary / name, {.skip_mismatch = true, .notes = &notes});
    EXPECT_THAT(notes, ElementsAre(HasSubstr("left out")));
    testing::expect_same_bits(kernel_of(model, "a"), kernel_of(saved, "a"));
    testing::expect_same_bits(kernel_of(model, "b"), before);
  }
}

TEST(LoadWeights, SaysWhatIsWrongWithALegacyFile) {
  const testing::TemporaryFolder temporary;
  two_layers("a", "b", 4)->save_weights(temporary / "w.h5");
  const Sequential one({Input({.shape = {3}}), layers::Dense({.units = 2})});
  EXPECT_THAT(
      testing::error_text<ValueError>([&] { one->load_weights(temporary / "w.h5"); }),
      HasSubstr("Layer count mismatch when loading weights from file. Model expected 1 layers, found 2"));
  two_layers("a", "b", 4)->save_weights(temporary / "w.weights.h5");
  EXPECT_THAT(testing::error_text<ValueError>(
                  [&] { one->load_weights(temporary / "w.weights.h5", {.by_name = true}); }),
              HasSubstr("Invalid keyword arguments: by_name"));
  const Sequential without_bias(
      {Input({.shape = {3}}), layers::Dense({.units = 2, .use_bias = false}), layers::Dense({.units = 4})});
  EXPECT_THAT(testing::error_text<ValueError>([&] { without_bias->load_weights(temporary / "w.h5"); }),
              HasSubstr("Layer expects 1 weight(s). Received 2 saved weight(s)"));
}

TEST(LoadWeights, RefusesKernelsThatTheanoTurnedAround) {
  const testing::TemporaryFolder temporary;
  H5Writer writer;
  writer.string_attribute("", "backend", "theano");
  writer.string_list_attribute("", "layer_names", {});
  write_file(temporary / "w.h5", writer.finish());
  EXPECT_THAT(testing::error_text<UnimplementedError>(
                  [&] { two_layers("a", "b", 4)->load_weights(temporary / "w.h5"); }),
              HasSubstr("backend 'theano'"));
}

}  // namespace
}  // namespace sepal
