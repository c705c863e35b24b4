// Runs the program itself on small models: what it prints, what it writes, and its exit status.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::golden_arrays;
using testing::kGolden;
using testing::TemporaryFolder;

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Result {
  int status = -1;
  std::string out;
  std::string err;
};

class Program : public ::testing::Test {
 protected:
  // Arguments as a shell reads them.
  Result run(const std::string& arguments) {
    const std::string out = folder_ / "stdout";
    const std::string err = folder_ / "stderr";
    const int status =
        std::system((SEPAL_PROGRAM " " + arguments + " >'" + out + "' 2>'" + err + "'").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), text_of(err)};
  }
  std::string model(const std::string& name) { return kGolden + "models/" + name; }

  TemporaryFolder folder_;
};

TEST_F(Program, PrintsTheSummaryOfKeras) {
  const Result result = run("summary --line-length 80 " + model("sep_seq__k315/model.keras"));
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, text_of(std::string(SEPAL_SOURCE_DIR) + "/apps/sepal/sep_seq_summary.txt"));
}

TEST_F(Program, DescribesTheLayersInJson) {
  const Result result = run("summary --json " + model("nested__k315/model.keras"));
  ASSERT_EQ(result.status, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["name"], "siamese");
  EXPECT_EQ(json["params"], 657);
  EXPECT_EQ(json["trainable_params"], 645);
  EXPECT_EQ(json["layers"][2]["name"], "encoder");
  EXPECT_EQ(json["layers"][2]["output_shapes"], nlohmann::json::parse("[[null, 8, 8, 6]]"));
}

TEST_F(Program, PredictsWhatKerasPredicted) {
  for (const char* name : {"dict_io__k315", "multi_io__tf115", "nested_old__k204"}) {
    SCOPED_TRACE(name);
    const std::string golden = model(name);
    std::string inputs;
    for (std::size_t i = 0; i < golden_arrays(golden, "input").size(); ++i) {
      inputs += " " + golden + "/input_" + std::to_string(i) + ".npy";
    }
    const bool archive = std::filesystem::exists(golden + "/model.keras");
    const Result result = run("predict " + golden + (archive ? "/model.keras" : "/model.h5") + inputs +
                              " -o " + folder_.path() + "/" + name + " --batch-size 3 --threads 2");
    ASSERT_EQ(result.status, 0) << result.err;
    const Tensors want = golden_arrays(golden, "output");
    for (std::size_t i = 0; i < want.size(); ++i) {
      const Tensor got = read_npy(folder_ / (std::string(name) + "_" + std::to_string(i) + ".npy"));
      testing::expect_close(got, want[i], 1e-5, 1e-4);
    }
  }
}

TEST_F(Program, RefusesAnotherNumberOfInputs) {
  const std::string golden = model("dict_io__k315");
  const Result result =
      run("predict " + golden + "/model.keras " + golden + "/input_0.npy -o " + (folder_ / "out"));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("takes 2 input(s): alpha"), std::string::npos) << result.err;
}

TEST_F(Program, ResavesByTheNameOfTheNewFile) {
  const std::string golden = model("sep_seq__k315");
  for (const char* name : {"new.keras", "new.h5"}) {
    const Result result = run("resave " + golden + "/model.keras " + (folder_ / name));
    ASSERT_EQ(result.status, 0) << result.err;
    testing::expect_golden_outputs(load_model(folder_ / name), golden);
  }
  ASSERT_EQ(run("resave " + golden + "/model.keras " + (folder_ / "new.weights.h5")).status, 0);
  ASSERT_EQ(run("resave " + golden + "/model.keras " + (folder_ / "new.json")).status, 0);
  const Model again = model_from_json(text_of(folder_ / "new.json"));
  again->load_weights(folder_ / "new.weights.h5");
  testing::expect_golden_outputs(again, golden);
  // A JSON file is a model, too.
  EXPECT_EQ(run("summary " + (folder_ / "new.json")).status, 0);
}

TEST_F(Program, TellsWhatIsInAnArchive) {
  const Result result = run("inspect --json " + model("sep_seq__k315/model.keras"));
  ASSERT_EQ(result.status, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["kind"], "zip archive");
  EXPECT_EQ(json["keras_version"], "3.15.1");
  EXPECT_EQ(json["class_name"], "Sequential");
  EXPECT_EQ(json["members"].size(), 3);
  EXPECT_EQ(json["layers"].back()["name"], "logits");
  const nlohmann::json kernel = {{"path", "layers/dense/vars/0"}, {"shape", {12, 5}}, {"dtype", "float32"}};
  EXPECT_NE(std::find(json["weights"].begin(), json["weights"].end(), kernel), json["weights"].end());
}

TEST_F(Program, TellsWhatIsInOlderFiles) {
  const Result result = run("inspect --json " + model("nested_old__k204/model.h5"));
  ASSERT_EQ(result.status, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["kind"], "HDF5");
  EXPECT_EQ(json["keras_version"], "2.4.0");
  EXPECT_GT(json["layers"].size(), 0);
}

TEST_F(Program, ReportsDamagedPartsAndTellsTheRest) {
  const Result cut = run("inspect " + kGolden + "bad/cut_weights.keras");
  EXPECT_EQ(cut.status, 2);
  EXPECT_NE(cut.err.find("model.weights.h5"), std::string::npos) << cut.err;
  EXPECT_NE(cut.out.find("\nlayers ("), std::string::npos) << cut.out;
  EXPECT_NE(cut.out.find("\nproblems (1)"), std::string::npos) << cut.out;
  EXPECT_EQ(run("inspect " + kGolden + "bad/text_keras.keras").status, 2);
  EXPECT_EQ(run("inspect " + (folder_ / "nothing.keras")).status, 3);
}

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
  EXPECT_NE(different.out.find("largest difference 0.5 at (1, 2), 1 of"), std::string::npos) << different.out;
  EXPECT_EQ(run(question + (folder_ / "changed.npy") + " --atol 0.6").status, 0);

  const Result wrong_shape = run(question + golden + "/input_0.npy --json");
  EXPECT_EQ(wrong_shape.status, 1);
  EXPECT_EQ(nlohmann::json::parse(wrong_shape.out)["outputs"][0]["same_shape"], false);
  EXPECT_EQ(run(question + golden + "/output_0.npy " + golden + "/output_0.npy").status, 2);
}

TEST_F(Program, TellsBadInputFromAFailingEnvironment) {
  const std::string golden = model("sep_seq__k315/model.keras");
  EXPECT_EQ(run("").status, 2);
  EXPECT_EQ(run("summary").status, 2);
  EXPECT_EQ(run("summary --line-length many " + golden).status, 2);
  EXPECT_EQ(run("resave " + golden + " " + (folder_ / "new.onnx")).status, 2);
  const Result damaged = run("summary " + kGolden + "bad/filters_negative.keras");
  EXPECT_EQ(damaged.status, 2);
  EXPECT_NE(damaged.err.find("filters_negative.keras"), std::string::npos) << damaged.err;
  EXPECT_NE(damaged.err.find("filters"), std::string::npos) << damaged.err;
  EXPECT_EQ(run("summary " + (folder_ / "nothing.keras")).status, 3);
  EXPECT_EQ(run("resave " + golden + " " + (folder_ / "no_folder/new.keras")).status, 3);
}

TEST_F(Program, ExplainsEachCommandWithAnExample) {
  for (const char* command : {"summary", "predict", "resave", "inspect", "verify"}) {
    const Result result = run(std::string(command) + " --help");
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find(std::string("Example:\n  sepal ") + command), std::string::npos) << result.out;
  }
}

}  // namespace
}  // namespace sepal
