// Models of Keras 3.15 that are built in unusual ways: lists in lists of inputs, a model called on tensors by
// name, one model at two levels of nesting, masks, many functions on tensors. From both formats, and again
// from what Sepal saves.
#include <gtest/gtest.h>

#include "sepal/saving/load_model.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

class UnusualModel : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  std::string folder() const { return testing::kGolden + "unusual/" + std::get<0>(GetParam()); }
  std::string path() const { return folder() + "/" + std::get<1>(GetParam()); }
};

TEST_P(UnusualModel, PredictsWhatKerasPredicts) {
  testing::expect_golden_outputs(load_model(path()), folder());
}

TEST_P(UnusualModel, ComesBackFromAFile) {
  const Model model = load_model(path());
  const testing::TemporaryFolder folder;
  model->save(folder / "model.keras");
  testing::expect_golden_outputs(load_model(folder / "model.keras"), this->folder());
}

INSTANTIATE_TEST_SUITE_P(Keras315, UnusualModel,
                         ::testing::Combine(::testing::Values("embed", "nested_struct", "ops_soup",
                                                              "submodel_dict_call", "submodel_two_levels"),
                                            ::testing::Values("model.keras", "model.h5")));

}  // namespace
}  // namespace sepal
