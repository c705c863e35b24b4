// Runs the program itself on small models: what it prints, what it writes, and its exit status.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>

#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "tests/support/program_fixture.h"

namespace sepal::program {
namespace {

using testing::kGolden;

TEST_F(Program, TellsItsVersion) {
  const Result result = run("--version");
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(std::regex_match(result.out, std::regex("sepal [0-9]+\\.[0-9]+\\.[0-9]+\n"))) << result.out;
}

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

// Whether the file was opened since this began.
class OpeningsOf {
 public:
  explicit OpeningsOf(const std::string& path) : watch_(::inotify_init1(IN_NONBLOCK)) {
    EXPECT_GE(::inotify_add_watch(watch_, path.c_str(), IN_OPEN | IN_ACCESS), 0);
  }
  ~OpeningsOf() { ::close(watch_); }
  OpeningsOf(const OpeningsOf&) = delete;
  OpeningsOf& operator=(const OpeningsOf&) = delete;
  bool any() const {
    char events[4096];
    return ::read(watch_, events, sizeof(events)) > 0;
  }

 private:
  int watch_;
};

TEST_F(Program, OpensNoFileThatAnotherFileNames) {
  // What the links, the external storage and the virtual dataset name.
  const std::string canary = folder_ / "types.h5";
  std::filesystem::copy_file(kGolden + "h5/types.h5", canary);
  const OpeningsOf opened(canary);
  for (const char* name : {"external_link.h5", "external_storage.h5", "virtual.h5"}) {
    std::filesystem::copy_file(kGolden + "h5/" + name, folder_ / name);
    for (const char* command : {"inspect", "summary"}) {
      const Result result = shell("cd " + folder_.path() + " && " SEPAL_PROGRAM " " + command + " " + name);
      EXPECT_EQ(result.status, 2) << name;
    }
  }
  write("lookup.json",
        R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "StringLookup",)"
        R"( "config": {"name": "l", "vocabulary": ")" +
            canary + R"("}}]}})");
  const Result lookup = run("summary " + (folder_ / "lookup.json"));
  EXPECT_EQ(lookup.status, 2);
  EXPECT_NE(lookup.err.find("layer 'l': class 'StringLookup' is not known"), std::string::npos) << lookup.err;
  EXPECT_FALSE(opened.any());
  run("inspect " + canary);
  EXPECT_TRUE(opened.any());
}

TEST_F(Program, WritesOneLineForAnErrorWhateverNamesAFileHolds) {
  write("names.json",
        R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "A\u001b[31m\nB",)"
        R"( "config": {"name": "c\u001b]0;t\u0007"}}]}})");
  const Result refused = run("summary " + (folder_ / "names.json"));
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
  EXPECT_EQ(refused.err.find('\x1b'), std::string::npos) << refused.err;
  write("shown.json",
        R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "InputLayer",)"
        R"( "config": {"name": "i", "batch_shape": [null, 2]}}, {"class_name": "Flatten",)"
        R"( "config": {"name": "c\u001b]0;t\u0007"}}]}})");
  for (const char* command : {"summary", "inspect", "summary --json"}) {
    const Result shown = run(std::string(command) + " " + (folder_ / "shown.json"));
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_EQ(shown.out.find('\x1b'), std::string::npos) << shown.out;
  }
}

TEST_F(Program, CountsWeightsThatAreNotFinite) {
  const layers::Dense layer({.units = 2, .name = "broken"});
  const Sequential model({Input({.shape = {2}}), layer});
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  layer->set_weights({Tensor::from({1.F, std::nanf(""), -kInfinity, 4.F}, {2, 2}), Tensor::zeros({2})});
  const std::string path = folder_ / "broken.keras";
  model->save(path);
  EXPECT_EQ(run("inspect " + path).status, 0);
  const Result checked = run("inspect --check-finite " + path);
  EXPECT_EQ(checked.status, 2);
  EXPECT_NE(checked.err.find("'layers/dense/vars/0': 2 of 4 elements are NaN or infinite"), std::string::npos)
      << checked.err;
  EXPECT_NE(checked.out.find("\nproblems (1)"), std::string::npos) << checked.out;
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

TEST_F(Program, ExplainsEachCommandWithExamples) {
  for (const char* command : {"summary", "predict", "resave", "inspect", "verify", "diff"}) {
    const Result result = run(std::string(command) + " --help");
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find(std::string("Examples:\n  sepal ") + command), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("--json"), std::string::npos) << result.out;
    const bool compares = command == std::string("verify") || command == std::string("diff");
    const std::string status =
        std::string("\nExit status: ") + (compares ? "0 the same, 1 " : "0 done, 2 bad ");
    EXPECT_NE(result.out.find(status), std::string::npos) << result.out;
  }
}

}  // namespace
}  // namespace sepal::program
