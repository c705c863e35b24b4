// sepal verify and sepal diff.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "sepal/data/npy.h"
#include "sepal/models/model.h"
#include "sepal/saving/recording.h"
#include "tests/support/program_fixture.h"

namespace sepal::program {
namespace {

using testing::kGolden;

TEST_F(Program, VerifiesWithinATolerance) {
  const std::string golden = model("sep_seq__k315");
  const std::string question =
      "verify " + golden + "/model.keras --inputs " + golden + "/input_0.npy --expected ";
  const Result same = run(question + golden + "/output_0.npy --atol 1e-5");
  EXPECT_EQ(same.status, 0) << same.out << same.err;

  Tensor changed = read_npy(golden + "/output_0.npy");
  changed.mutable_data<float>()[7] += 0.5F;  // row 1, column 2 of 5
  write_npy(folder_ / "changed.npy", changed);
  const Result different = run(question + (folder_ / "changed.npy") + " --atol 1e-5");
  EXPECT_EQ(different.status, 1);
  EXPECT_NE(different.out.find("largest difference 0.5 at (1, 2): "), std::string::npos) << different.out;
  EXPECT_EQ(run(question + (folder_ / "changed.npy") + " --atol 0.6").status, 0);

  const Result wrong_shape = run(question + golden + "/input_0.npy --json");
  EXPECT_EQ(wrong_shape.status, 1);
  EXPECT_EQ(nlohmann::json::parse(wrong_shape.out)["outputs"][0]["same_shape"], false);
  EXPECT_EQ(run(question + golden + "/output_0.npy " + golden + "/output_0.npy").status, 2);
}

TEST_F(Program, FindsTheSelfTestBesideAModel) {
  const std::string path = with_self_test("sep_seq__k315");
  const Result passed = run("verify " + path);
  EXPECT_EQ(passed.status, 0) << passed.out << passed.err;
  EXPECT_NE(passed.out.find("output 0: ok"), std::string::npos) << passed.out;
  EXPECT_NE(passed.out.find("5 layers compared. No layer differs"), std::string::npos) << passed.out;

  const Model changed = load_model(path);
  Tensors weights = changed->get_weights();
  weights[0].mutable_data<float>()[0] += 1.0F;
  changed->set_weights(weights);
  changed->save(path);
  const Result failed = run("verify " + path);
  EXPECT_EQ(failed.status, 1);
  EXPECT_NE(failed.out.find("The first layer that differs: sep_a (SeparableConv2D)"), std::string::npos)
      << failed.out;
  EXPECT_EQ(run("verify " + path + " --tolerance 1e9").status, 0);
  const auto json = nlohmann::json::parse(run("verify --json " + path).out);
  EXPECT_EQ(json["same"], false);
  EXPECT_EQ(json["first_difference"], "sep_a");

  std::filesystem::remove(path + ".selftest.npz");
  const Result missing = run("verify " + path);
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("store_self_test.py"), std::string::npos) << missing.err;
  EXPECT_EQ(run("verify " + path + " --self-test " + (folder_ / "nothing.npz")).status, 3);
  EXPECT_EQ(run("verify " + path + " --inputs " + (folder_ / "nothing.npy")).status, 2);
}

TEST_F(Program, NamesTheFirstLayerInWhichModelsDiffer) {
  const std::string original = model("nested__k315/model.keras");
  const std::string resaved = folder_ / "again.h5";
  ASSERT_EQ(run("resave " + original + " " + resaved).status, 0);
  const Result same = run("diff " + resaved + " " + original);
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  EXPECT_NE(same.out.find("encoder/enc_sep"), std::string::npos) << same.out;
  EXPECT_NE(same.out.find("encoder@1/enc_sep"), std::string::npos) << same.out;
  EXPECT_NE(same.out.find("No layer differs"), std::string::npos) << same.out;

  const Model changed = load_model(original);
  const Model encoder(std::dynamic_pointer_cast<ModelBase>(changed->get_layer("encoder").shared()));
  const Ref<Layer> layer = encoder->get_layer("enc_sep");
  Tensors weights = layer->get_weights();
  weights[0].mutable_data<float>()[3] += 0.25F;
  layer->set_weights(weights);
  changed->save(folder_ / "changed.keras");
  const Result different = run("diff " + (folder_ / "changed.keras") + " " + original);
  EXPECT_EQ(different.status, 1);
  EXPECT_NE(different.out.find("The first layer that differs: encoder/enc_sep (SeparableConv2D): weight "
                               "'depthwise_kernel': largest difference 0.25"),
            std::string::npos)
      << different.out;
  const auto json =
      nlohmann::json::parse(run("diff --json " + (folder_ / "changed.keras") + " " + original).out);
  EXPECT_EQ(json["first_difference"], "encoder/enc_sep");
  EXPECT_EQ(run("diff --tolerance 1e9 " + (folder_ / "changed.keras") + " " + original).status, 0);

  const std::string other = model("sep_seq__k315/model.keras");
  EXPECT_EQ(run("diff " + original + " " + other).status, 2);  // takes other inputs
  EXPECT_EQ(run("diff " + original + " " + (folder_ / "nothing.keras")).status, 3);
}

TEST_F(Program, ComparesAModelWithAFolderOfActivations) {
  const Recording recording = read_recording(kGolden + "self_test/nested__k315.npz");
  std::filesystem::create_directories(folder_ / "activations/encoder");
  write_npy(folder_ / "activations/encoder/enc_bn.npy", recording.layers.at("encoder/enc_bn"));
  write_npy(folder_ / "activations/score.npy", recording.layers.at("score"));
  const std::string question = "diff " + model("nested__k315/model.keras") + " " + (folder_ / "activations");
  const Result without = run(question);
  EXPECT_EQ(without.status, 2);
  EXPECT_NE(without.err.find("--inputs"), std::string::npos) << without.err;

  write_npy(folder_ / "a.npy", recording.inputs[0]);
  write_npy(folder_ / "b.npy", recording.inputs[1]);
  const std::string inputs = " --inputs " + (folder_ / "a.npy") + " " + (folder_ / "b.npy");
  EXPECT_EQ(run(question + inputs).status, 0) << run(question + inputs).out;
  EXPECT_EQ(run(question + " --inputs " + (folder_ / "a.npy")).status, 2);

  Tensor changed = recording.layers.at("encoder/enc_bn");
  changed.mutable_data<float>()[0] += 1.0F;
  write_npy(folder_ / "activations/encoder/enc_bn.npy", changed);
  const Result different = run(question + inputs);
  EXPECT_EQ(different.status, 1);
  EXPECT_NE(
      different.out.find("differs: encoder/enc_bn (BatchNormalization): output: largest difference 1 at"),
      std::string::npos)
      << different.out;
  EXPECT_EQ(run("diff " + (folder_ / "activations") + " " + model("nested__k315/model.keras")).status, 2);
}

}  // namespace
}  // namespace sepal::program
