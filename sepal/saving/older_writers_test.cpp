// Files of Keras 2, tf.keras and TensorFlow 1, and the states of their optimizers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/atomic_file.h"
#include "sepal/base/input_file.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/load_model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::clear_weights;
using testing::expect_golden_outputs;
using testing::expect_same_weights;
using ::testing::IsEmpty;
using testing::kGolden;
using testing::load_quietly;

struct OldFile {
  const char* folder;
  const char* file;
};

class FileOfAnOlderKeras : public ::testing::TestWithParam<OldFile> {
 protected:
  std::string folder() const { return kGolden + "models/" + GetParam().folder; }
  std::string path() const { return folder() + "/" + GetParam().file; }
};

TEST_P(FileOfAnOlderKeras, PredictsAsItsWriterDid) { expect_golden_outputs(load_quietly(path()), folder()); }

TEST_P(FileOfAnOlderKeras, IsTheSameInEveryFormatWrittenHere) {
  const testing::TemporaryFolder temporary;
  const Model model = load_quietly(path());
  for (const char* name : {"m.keras", "m.h5"}) {
    model->save(temporary / name);
    const Model again = load_model(temporary / name);
    expect_same_weights(again, model);
    EXPECT_EQ(again->to_envelope(), model->to_envelope());
  }
  const Model other = model_from_json(model->to_json());
  for (const char* name : {"w.weights.h5", "w.h5"}) {
    clear_weights(other);
    model->save_weights(temporary / name);
    other->load_weights(temporary / name);
    expect_same_weights(other, model);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Writers, FileOfAnOlderKeras,
    ::testing::Values(OldFile{"nested_old__tf14", "model.h5"}, OldFile{"nested_old__tf115", "model.h5"},
                      OldFile{"nested_old__k225", "model.h5"}, OldFile{"nested_old__k204", "model.h5"},
                      OldFile{"shared__tf14", "model.h5"}, OldFile{"shared__k204", "model.h5"},
                      OldFile{"nested__k212", "model.h5"}, OldFile{"nested__k212", "model_v3.keras"},
                      OldFile{"sep_seq__k212", "model.h5"}, OldFile{"sep_seq__k212", "model_v3.keras"},
                      OldFile{"nested__k215", "model.keras"}, OldFile{"sep_seq__k215", "model.keras"},
                      OldFile{"sep_seq__k215", "model.h5"}, OldFile{"dict_io__k215", "model.keras"},
                      OldFile{"policy_model_float64__k215", "model.keras"},
                      OldFile{"policy_model_float16__k215", "model.keras"},
                      OldFile{"policy_model_float16__k215", "model.h5"},
                      OldFile{"policy_model_float16__k315", "model.h5"},
                      OldFile{"policy_model_bfloat16__k215", "model.keras"},
                      OldFile{"policy_model_bfloat16__k215", "model.h5"},
                      OldFile{"policy_model_bfloat16__k315", "model.h5"},
                      OldFile{"policy_model_mixed_float16__k215", "model.keras"},
                      OldFile{"policy_model_mixed_float16__k215", "model.h5"},
                      OldFile{"policy_model_mixed_float16__k315", "model.h5"},
                      OldFile{"policy_model_mixed_bfloat16__k215", "model.keras"},
                      OldFile{"policy_model_mixed_bfloat16__k215", "model.h5"},
                      OldFile{"policy_model_mixed_bfloat16__k315", "model.h5"},
                      OldFile{"slash_names__k215", "model.h5"}, OldFile{"slash_names__k215", "model.keras"},
                      OldFile{"frozen__k30", "model.h5"}, OldFile{"frozen__k315", "model.h5"},
                      OldFile{"odd_names__k315", "model.h5"}, OldFile{"sep_seq__k315", "model.h5"},
                      OldFile{"sep_seq_old__tf14", "model.h5"}, OldFile{"sep_seq_old__k225", "model.h5"},
                      OldFile{"sep_seq_old__k215", "model.h5"}, OldFile{"sep_seq_old__k215", "model.keras"},
                      OldFile{"multi_io__tf14", "model.h5"}, OldFile{"multi_io__tf115", "model.h5"},
                      OldFile{"multi_io__k225", "model.h5"}, OldFile{"multi_io__k204", "model.h5"},
                      OldFile{"ops_arith__k215", "model.keras"}, OldFile{"ops_arith__k315", "model.h5"},
                      OldFile{"ops_arith__k315", "model.keras"}, OldFile{"options__k215", "model.h5"},
                      OldFile{"preproc__k215", "model.keras"}, OldFile{"one_d__k215", "model.keras"},
                      OldFile{"acts__k215", "model.keras"}),
    [](const auto& info) {
      const std::string file = info.param.file;
      return std::string(info.param.folder) + "_" + file.substr(file.rfind('.') + 1);
    });

TEST(LoadWeights, ReadsLegacyFilesOfWeightsAloneAndOfWholeModels) {
  const std::string folder = kGolden + "models/nested_old__tf14";
  const Model model = load_model(folder + "/model.h5");
  for (const char* file : {"/weights_only.h5", "/model.h5"}) {
    clear_weights(model);
    model->load_weights(folder + file);
    expect_golden_outputs(model, folder);
  }
}

// Keras saves the optimizer's variables; the third update has been made.
TEST(LoadModel, RestoresTheOptimizerOfALegacyFile) {
  for (const char* name : {"sep_seq__k215", "sep_seq__k212"}) {
    const std::string path = kGolden + "models/" + name + "/model.h5";
    std::vector<std::string> notes;
    const Model model = load_model(path, {.notes = &notes});
    EXPECT_THAT(notes, IsEmpty());
    ASSERT_TRUE(model->compiled());
    EXPECT_EQ(model->optimizer()->iterations(), 3);
    const H5File file(read_file(path, 1 << 20), "m");
    const Variables state = model->optimizer()->variables();
    EXPECT_EQ(state[2].name(), "sep_a_depthwise_kernel_momentum");
    testing::expect_same_bits(state[2].value(),
                              file.read("optimizer_weights/Adam/m/sep_a/depthwise_kernel:0"));
    testing::expect_same_bits(state[3].value(),
                              file.read("optimizer_weights/Adam/v/sep_a/depthwise_kernel:0"));
  }
}

// Before tf.keras 2.11 all first moments came before all second ones; the model has nine weights that learn.
TEST(LoadModel, SortsTheMomentsOfOlderOptimizers) {
  struct Case {
    const char* folder;
    const char* first_moment;
    const char* second_moment;
  };
  for (const Case& c :
       {Case{"multi_io__tf14", "training/Adam/Variable:0", "training/Adam/Variable_9:0"},
        Case{"multi_io__k225", "training/Adam/Variable:0", "training/Adam/Variable_9:0"},
        Case{"multi_io__tf115", "training/Adam/sc/depthwise_kernel/m:0",
             "training/Adam/sc/depthwise_kernel/v:0"},
        Case{"multi_io__k204", "Adam/sc/depthwise_kernel/m:0", "Adam/sc/depthwise_kernel/v:0"}}) {
    const std::string path = kGolden + "models/" + c.folder + "/model.h5";
    std::vector<std::string> notes;
    const Model model = load_model(path, {.notes = &notes});
    EXPECT_THAT(notes, IsEmpty()) << c.folder;
    const H5File file(read_file(path, 1 << 20), "m");
    const Variables state = model->optimizer()->variables();
    ASSERT_EQ(state.size(), 20U);
    testing::expect_same_bits(state[2].value(),
                              file.read(std::string("optimizer_weights/") + c.first_moment));
    testing::expect_same_bits(state[3].value(),
                              file.read(std::string("optimizer_weights/") + c.second_moment));
    EXPECT_GT(model->optimizer()->iterations(), 0);
  }
}

TEST(LoadModel, TellsFormatsByTheirContent) {
  const testing::TemporaryFolder temporary;
  const std::string folder = kGolden + "models/sep_seq__k212/";
  write_file(temporary / "a.keras", read_file(folder + "model.h5", 1 << 20));
  write_file(temporary / "b.h5", read_file(folder + "model_v3.keras", 1 << 20));
  expect_golden_outputs(load_model(temporary / "a.keras"), folder);
  expect_golden_outputs(load_model(temporary / "b.h5"), folder);
}

}  // namespace
}  // namespace sepal
