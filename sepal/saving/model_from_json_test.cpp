// Models from the text of `to_json`, of Keras 2 and 3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "sepal/base/error.h"
#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"

namespace sepal {
namespace {

using testing::expect_golden_outputs;
using ::testing::HasSubstr;
using testing::kGolden;

std::string text_of_file(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ModelFromJson, ReadsWhatKerasDescribes) {
  const std::string folder = kGolden + "models/nested_old__k225";
  const Model model = model_from_json(text_of_file(folder + "/model.json"));
  EXPECT_FALSE(model->compiled());
  model->load_weights(folder + "/model.h5");
  expect_golden_outputs(model, folder);
  EXPECT_TRUE(model_from_json(text_of_file(kGolden + "models/sep_seq__k315/model.json"))->compiled());
}

TEST(ModelFromJson, RefusesTextThatDescribesNoModel) {
  EXPECT_THAT(testing::error_text<ValueError>([&] { model_from_json("[1]"); }),
              HasSubstr("expected a JSON object"));
  EXPECT_THAT(testing::error_text<ValueError>([&] { model_from_json(std::string(1000, '[')); }),
              HasSubstr("nested more than 128 levels"));
  EXPECT_THROW(model_from_json(R"({"class_name": "Dense", "config": {"units": 3}})"), ValueError);
}

}  // namespace
}  // namespace sepal
