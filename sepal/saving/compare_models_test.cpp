#include "sepal/saving/compare_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "sepal/base/error.h"
#include "sepal/data/npy.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::kGolden;

TEST(Distance, FindsTheLargestDifference) {
  const Tensor want = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  const Tensor got = Tensor::from<float>({1, 2.5F, 3, 4.25F}, {2, 2});
  const Distance apart = distance(got, want, {.rtol = 0.1, .atol = 0.0});
  EXPECT_EQ(apart.absolute, 0.5);
  EXPECT_EQ(apart.at, 1);
  EXPECT_EQ(apart.beyond, 1);
  EXPECT_EQ(apart.scale, 4.0);
  EXPECT_EQ(apart.relative(), 0.125);
  EXPECT_FALSE(apart.within());
  EXPECT_EQ(describe(apart, got, want),
            "largest difference 0.5 at (0, 1): 2.5, expected 2; 1 of 4 elements beyond the tolerance");
}

TEST(Distance, TakesItsBoundFromTheScale) {
  const Tensor want = Tensor::from<float>({1000, 0}, {2});
  const Tensor got = Tensor::from<float>({1000, 0.5F}, {2});
  EXPECT_TRUE(distance_to_scale(got, want, 1e-3).within());
  EXPECT_FALSE(distance_to_scale(got, want, 1e-4).within());
  EXPECT_TRUE(distance_to_scale(Tensor::full({2}, 1e-6), Tensor::zeros({2}), 1e-5).within());
}

TEST(Distance, KnowsValuesThatAreNotFinite) {
  const Tensor want = Tensor::from<double>({NAN, INFINITY, 1}, {3});
  EXPECT_TRUE(distance_to_scale(want, want, 0.0).within());
  for (const double wrong : std::initializer_list<double>{NAN, -INFINITY, 1.0}) {
    const Distance apart = distance_to_scale(Tensor::from<double>({NAN, wrong, 1}, {3}), want, 1.0);
    EXPECT_EQ(apart.beyond, 1);
    EXPECT_EQ(apart.absolute, INFINITY);
  }
  EXPECT_FALSE(distance_to_scale(Tensor::zeros({2}), Tensor::zeros({3}), 1.0).same_shape);
}

// Three dense layers of whole numbers, so that every sum is exact.
Model two_layers(const std::string& prefix = "") {
  const Sequential model({Input({.shape = {2}}), layers::Dense({.units = 3, .name = prefix + "first"}),
                          layers::Dense({.units = 3, .name = prefix + "second"}),
                          layers::Dense({.units = 2, .name = prefix + "third"})});
  Tensors weights;
  for (const Tensor& weight : model->get_weights())
    weights.push_back(testing::small_integers(weight.shape()));
  model->set_weights(weights);
  return model;
}

const ComparedLayer& layer_named(const Comparison& comparison, const std::string& name) {
  for (const ComparedLayer& layer : comparison.layers) {
    if (layer.name == name) return layer;
  }
  throw std::out_of_range(name);
}

const Tensors kTwoRows = {Tensor::from<float>({1, 2, 3, 4}, {2, 2})};

TEST(CompareModels, FindsNothingBetweenEqualModels) {
  const Comparison comparison = compare_models(two_layers(), two_layers(), kTwoRows);
  EXPECT_EQ(comparison.first_difference(), nullptr);
  EXPECT_EQ(comparison.layers.size(), 5);  // the input and the output besides
  EXPECT_EQ(comparison.tolerance, 1e-5);
  EXPECT_EQ(layer_named(comparison, "second").weights->distance.absolute, 0.0);
}

TEST(CompareModels, NamesTheFirstLayerThatDiffers) {
  const Model changed = two_layers();
  Tensors weights = changed->get_weights();
  weights[2].mutable_data<float>()[4] += 0.5F;  // the second layer's kernel, row 1, column 1
  changed->set_weights(weights);
  const Comparison comparison = compare_models(changed, two_layers(), kTwoRows);
  ASSERT_NE(comparison.first_difference(), nullptr);
  EXPECT_EQ(comparison.first_difference()->name, "second");
  const std::string text = comparison.describe_first();
  EXPECT_NE(text.find("second (Dense): weight 'kernel': largest difference 0.5 at (1, 1)"), std::string::npos)
      << text;
  EXPECT_TRUE(layer_named(comparison, "first").same());
  // Its weights are the same, what comes in is not.
  EXPECT_TRUE(layer_named(comparison, "third").weights->distance.within());
  EXPECT_FALSE(layer_named(comparison, "third").output->distance.within());
  EXPECT_EQ(compare_models(changed, two_layers(), kTwoRows, {.tolerance = 10.0}).first_difference(), nullptr);
}

TEST(CompareModels, PairsLayersOfOtherNamesByTheirOrder) {
  const Comparison comparison = compare_models(two_layers("new_"), two_layers(), kTwoRows);
  EXPECT_EQ(comparison.first_difference(), nullptr);
  EXPECT_NO_THROW(layer_named(comparison, "new_second | second"));
}

TEST(CompareModels, NamesLayersWithoutACounterpart) {
  const Sequential shorter({Input({.shape = {2}}), layers::Dense({.units = 3, .name = "first"})});
  const Comparison missing = compare_models(shorter, two_layers(), kTwoRows);
  EXPECT_EQ(layer_named(missing, "second").missing, "the first model has no such layer");
  const Comparison more = compare_models(two_layers(), shorter, kTwoRows);
  EXPECT_EQ(layer_named(more, "second").missing, "the second model has no such layer");
  EXPECT_NE(more.first_difference(), nullptr);
}

TEST(CompareModels, AllowsHalfPrecisionItsRounding) {
  const auto tolerance_of = [](const char* dtype) {
    const Sequential model({Input({.shape = {2}, .dtype = dtype}), layers::ReLU()});
    return compare_models(model, model, kTwoRows).tolerance;
  };
  EXPECT_EQ(tolerance_of("float64"), 1e-5);
  EXPECT_EQ(tolerance_of("float16"), 1e-2);
  EXPECT_EQ(tolerance_of("bfloat16"), 5e-2);
}

class CompareWithRecording : public ::testing::TestWithParam<const char*> {};

TEST_P(CompareWithRecording, AgreesWithEveryLayerOfKeras) {
  const Model model = load_model(kGolden + "models/" + GetParam() + "/model.keras");
  const Recording recording = read_recording(kGolden + "self_test/" + GetParam() + ".npz");
  const Comparison comparison = compare_with_recording(model, recording);
  EXPECT_EQ(comparison.first_difference(), nullptr) << comparison.describe_first();
  EXPECT_EQ(comparison.layers.size(), recording.layers.size() + recording.outputs.size());
  EXPECT_GE(recording.layers.size(), 5);
}

INSTANTIATE_TEST_SUITE_P(Models, CompareWithRecording,
                         ::testing::Values("nested__k315", "shared__k315", "sep_seq__k315"));

TEST(CompareWithRecording, NamesTheFirstLayerThatDiffers) {
  const Model model = load_model(kGolden + "models/nested__k315/model.keras");
  Recording recording = read_recording(kGolden + "self_test/nested__k315.npz");
  const std::string inside = [&] {
    for (const auto& [name, array] : recording.layers) {
      if (name.starts_with("encoder@1/")) return name;
    }
    return std::string();
  }();
  ASSERT_NE(inside, "");
  recording.layers.at(inside).mutable_data<float>()[0] += 9.0F;
  const Comparison comparison = compare_with_recording(model, recording);
  ASSERT_NE(comparison.first_difference(), nullptr);
  EXPECT_EQ(comparison.first_difference()->name, inside);
}

// The same arrays as .npy files of a folder.
std::string as_folder(const Recording& recording, const testing::TemporaryFolder& folder,
                      const std::string& below) {
  for (std::size_t i = 0; i < recording.inputs.size(); ++i) {
    write_npy(folder / ("input_" + std::to_string(i) + ".npy"), recording.inputs[i]);
  }
  for (const auto& [name, array] : recording.layers) {
    const std::filesystem::path path = folder / (below + name + ".npy");
    std::filesystem::create_directories(path.parent_path());
    write_npy(path.string(), array);
  }
  return folder.path();
}

TEST(Recording, IsReadFromAFolder) {
  const Recording recording = read_recording(kGolden + "self_test/nested__k315.npz");
  const testing::TemporaryFolder flat;
  const testing::TemporaryFolder sorted;
  for (const std::string& path : {as_folder(recording, flat, ""), as_folder(recording, sorted, "layers/")}) {
    EXPECT_TRUE(is_recording(path));
    const Recording again = read_recording(path);
    EXPECT_EQ(again.inputs.size(), recording.inputs.size());
    ASSERT_EQ(again.layers.size(), recording.layers.size());
    for (const auto& [name, array] : recording.layers)
      testing::expect_same_bits(again.layers.at(name), array);
  }
}

TEST(Recording, IsToldFromModels) {
  EXPECT_TRUE(is_recording(kGolden + "self_test/sep_seq__k315.npz"));
  EXPECT_FALSE(is_recording(kGolden + "models/sep_seq__k315/model.keras"));
  EXPECT_FALSE(is_recording(kGolden + "self_test/README.md"));
  EXPECT_THROW(is_recording(kGolden + "self_test/nothing.npz"), OSError);
}

TEST(Recording, KeepsANameThatLooksLikeAnInput) {
  const testing::TemporaryFolder folder;
  write_npy(folder / "input_1.npy", Tensor::zeros({1, 2}));  // an InputLayer of Keras 2
  const Recording recording = read_recording(folder.path());
  EXPECT_TRUE(recording.inputs.empty());
  EXPECT_TRUE(recording.layers.contains("input_1"));
}

TEST(Recording, SaysWhatIsWrong) {
  const testing::TemporaryFolder empty;
  expect_error<ValueError>([&] { read_recording(empty.path()); }, {"holds no .npy arrays"});
  expect_error<ValueError>([&] { read_recording(kGolden + "models/sep_seq__k315/model.keras"); },
                           {"expected members that end in .npy", "metadata.json"});

  const Model model = two_layers();
  Recording recording{.path = "somewhere", .inputs = kTwoRows, .outputs = {}, .layers = {}};
  recording.layers["dense_7"] = Tensor::zeros({2, 2});
  expect_error<ValueError>([&] { compare_with_recording(model, recording); },
                           {"somewhere", "'dense_7' is no layer", "first, second, third"});
  recording.layers.clear();
  recording.outputs = {Tensor::zeros({2, 2}), Tensor::zeros({2, 2})};
  expect_error<ValueError>([&] { compare_with_recording(model, recording); }, {"2 output(s)", "has 1"});
  recording.inputs.clear();
  expect_error<ValueError>([&] { compare_with_recording(model, recording); }, {"input_0"});
}

}  // namespace
}  // namespace sepal
