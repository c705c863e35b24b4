#include "sepal/saving/self_test.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::kGolden;

const std::string kSelfTest = kGolden + "self_test/sep_seq__k315.npz";

class SelfTestOfAModel : public ::testing::Test {
 protected:
  SelfTestOfAModel() {
    std::filesystem::copy_file(kGolden + "models/sep_seq__k315/model.keras", path_);
    std::filesystem::copy_file(kSelfTest, path_ + ".selftest.npz");
  }

  testing::TemporaryFolder folder_;
  std::string path_ = folder_ / "model.keras";
};

TEST_F(SelfTestOfAModel, PassesAsTheModelIsLoaded) {
  EXPECT_EQ(self_test_path(path_), path_ + ".selftest.npz");
  EXPECT_NO_THROW(load_model(path_, {.self_test = SelfTest{}}));
  EXPECT_NO_THROW(load_model(path_, {.self_test = SelfTest{.path = kSelfTest, .tolerance = 1e-5}}));
}

TEST_F(SelfTestOfAModel, NamesTheFirstLayerOfAModelThatFails) {
  const Model model = load_model(path_);
  Tensors weights = model->get_weights();
  weights.back().mutable_data<float>()[0] += 1.0F;  // of the last layer
  model->set_weights(weights);
  model->save(path_);
  expect_error<ValueError>(
      [&] { load_model(path_, {.self_test = SelfTest{}}); },
      {"model.keras' fails its self-test", "selftest.npz", "logits (Dense)", "largest difference"});
  EXPECT_NE(run_self_test(model, path_, {}).first_difference(), nullptr);
}

TEST_F(SelfTestOfAModel, IsAnErrorIfItIsMissingOrOfAnotherModel) {
  std::filesystem::remove(path_ + ".selftest.npz");
  EXPECT_THROW(load_model(path_, {.self_test = SelfTest{}}), OSError);
  expect_error<ValueError>(
      [&] { load_model(path_, {.self_test = SelfTest{.path = kGolden + "self_test/nested__k315.npz"}}); },
      {"nested__k315.npz' does not fit", "model.keras"});
  expect_error<ValueError>([&] { load_model(path_, {.self_test = SelfTest{.path = path_}}); },
                           {"end in .npy"});
}

}  // namespace
}  // namespace sepal
