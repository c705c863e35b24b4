// Runs the program itself on small models: what it prints, what it writes, and its exit status.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <span>
#include <sstream>

#include "sepal/base/error.h"
#include "sepal/data/image_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/recording.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::golden_arrays;
using testing::kGolden;
using testing::TemporaryFolder;

const std::string kImages = kGolden + "images/";

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool reads_pictures() {
  try {
    load_img(kImages + "rgb.png");
    return true;
  } catch (const UnimplementedError&) {
    return false;
  }
}

struct Result {
  int status = -1;
  std::string out;
  std::string err;
};

class Program : public ::testing::Test {
 protected:
  // Arguments as a shell reads them.
  Result run(const std::string& arguments) { return shell(SEPAL_PROGRAM " " + arguments); }
  Result shell(const std::string& command) {
    const std::string out = folder_ / "stdout";
    const std::string err = folder_ / "stderr";
    const int status = std::system((command + " >'" + out + "' 2>'" + err + "'").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), text_of(err)};
  }
  void write(const std::string& name, const std::string& text) {
    testing::write_quickly(folder_ / name, std::as_bytes(std::span(text)));
  }
  // A copy of the model with the self-test that Keras wrote.
  std::string with_self_test(const std::string& name) {
    const std::string path = folder_ / (name + ".keras");
    std::filesystem::copy_file(model(name + "/model.keras"), path);
    std::filesystem::copy_file(kGolden + "self_test/" + name + ".npz", path + ".selftest.npz");
    return path;
  }
  std::string model(const std::string& name) { return kGolden + "models/" + name; }

  TemporaryFolder folder_;
};

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

TEST_F(Program, WritesNumbersOfBfloat16AsFloat32) {
  const KerasTensor image = Input({.shape = {2}});
  const Model relu(image, layers::ReLU({.dtype = "bfloat16"})(image));
  relu->save(folder_ / "relu.keras");
  write_npy(folder_ / "x.npy", Tensor::from<float>({1.1F, -2.0F}, {1, 2}));
  const Result result =
      run("predict " + (folder_ / "relu.keras") + " " + (folder_ / "x.npy") + " -o " + (folder_ / "y"));
  ASSERT_EQ(result.status, 0) << result.err;
  testing::expect_same_bits(read_npy(folder_ / "y_0.npy"), Tensor::from<float>({1.1015625F, 0.0F}, {1, 2}));
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

TEST_F(Program, TakesWholeNumbersForFloats) {
  const std::string file = model("sep_seq__k315/model.keras");
  const Tensor ones = Tensor::ones(read_npy(model("sep_seq__k315/input_0.npy")).shape());
  write_npy(folder_ / "floats.npy", ones);
  write_npy(folder_ / "bytes.npy", ones.astype(DType::uint8));
  for (const char* name : {"floats", "bytes"}) {
    const Result result = run("predict " + file + " " + (folder_ / name) + ".npy -o " + (folder_ / name));
    ASSERT_EQ(result.status, 0) << result.err;
  }
  EXPECT_EQ(text_of(folder_ / "bytes_0.npy"), text_of(folder_ / "floats_0.npy"));
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
  }
}

TEST_F(Program, PredictsOnPictures) {
  const std::string question = "predict " + model("sep_seq__k315/model.keras") + " " + kImages + "rgb.png " +
                               kImages + "color.jpg " + kImages + "gray.png --preprocess 0-1";
  if (!reads_pictures()) GTEST_SKIP() << "built without picture files";
  const Result together = run(question + " -o " + (folder_ / "all") + " --json");
  ASSERT_EQ(together.status, 0) << together.err;
  EXPECT_EQ(nlohmann::json::parse(together.out)["outputs"][0]["shape"], nlohmann::json::parse("[3, 5]"));

  // The same pixels as an array, and the pictures in batches of two.
  const Tensor pixels = load_img(kImages + "color.jpg", {.target_size = ImageSize{12, 13}});
  write_npy(folder_ / "pixels.npy", pixels.reshaped(pixels.shape().with_front(1)));
  ASSERT_EQ(run("predict " + model("sep_seq__k315/model.keras") + " " + (folder_ / "pixels.npy") +
                " --preprocess 0-1 -o " + (folder_ / "array"))
                .status,
            0);
  ASSERT_EQ(run(question + " --batch-size 2 -o " + (folder_ / "two")).status, 0);
  const Tensor all = read_npy(folder_ / "all_0.npy");
  testing::expect_close(all.rows(1, 2), read_npy(folder_ / "array_0.npy"), 1e-5, 1e-6);
  testing::expect_close(read_npy(folder_ / "two_0.npy"), all, 1e-5, 1e-6);
}

TEST_F(Program, TellsTheLikeliestClasses) {
  const std::string golden = model("sep_seq__k315");
  write("names.txt", "ant\nbee\ncat\ndog\nelk\n");
  const std::string question = "predict " + golden + "/model.keras " + golden + "/input_0.npy --top 2 --json";
  const Result result = run(question + " --classes " + (folder_ / "names.txt"));
  ASSERT_EQ(result.status, 0) << result.err;
  const auto rows = nlohmann::json::parse(result.out)["predictions"];
  const Tensor want = golden_arrays(golden, "output")[0];
  ASSERT_EQ(rows.size(), want.shape()[0]);
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < 5; ++i) best = want.at(i) > want.at(best) ? i : best;
  EXPECT_EQ(rows[0]["classes"].size(), 2);
  EXPECT_EQ(rows[0]["classes"][0]["index"], best);
  EXPECT_EQ(rows[0]["classes"][0]["name"],
            std::vector<std::string>({"ant", "bee", "cat", "dog", "elk"})[static_cast<std::size_t>(best)]);
  EXPECT_NEAR(rows[0]["classes"][0]["score"].get<double>(), want.at(best), 1e-5);

  EXPECT_EQ(nlohmann::json::parse(run(question).out)["predictions"][0]["classes"][0]["name"],
            "class " + std::to_string(best));
  write("few.txt", "ant\nbee\n");
  const Result few = run(question + " --classes " + (folder_ / "few.txt"));
  EXPECT_EQ(few.status, 2);
  EXPECT_NE(few.err.find("(samples, 2)"), std::string::npos) << few.err;
}

TEST_F(Program, RefusesWhatCannotBePredicted) {
  const std::string golden = model("sep_seq__k315");
  const std::string picture = kImages + "rgb.png";
  const auto refused = [&](const std::string& arguments) {
    const Result result = run("predict " + arguments);
    EXPECT_EQ(result.status, 2) << arguments << result.out;
    return result.err;
  };
  EXPECT_NE(refused(golden + "/model.keras " + picture).find("-o PREFIX"), std::string::npos);
  EXPECT_NE(refused(golden + "/model.keras " + picture + " " + golden + "/input_0.npy --top 1")
                .find("either pictures"),
            std::string::npos);
  EXPECT_NE(refused(model("nested__k315/model.keras") + " " + picture + " --top 1").find("one input"),
            std::string::npos);
  EXPECT_NE(refused(golden + "/model.keras " + picture + " --top 1 --image-size 9 9").find("--image-size"),
            std::string::npos);
  refused(golden + "/model.keras " + picture + " --top 1 --preprocess keras");
  refused(golden + "/model.keras " + picture + " --classes names.txt");
  // Nothing is written before all arguments are found good.
  const std::string two = model("multi_io__k225/");
  EXPECT_NE(
      refused(two + "model.h5 " + two + "input_0.npy " + two + "input_1.npy --top 1 -o " + (folder_ / "two"))
          .find("one output"),
      std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "two_0.npy"));
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

// What depends on the machine's arithmetic and libraries: differences in the last bits, and which of them is
// the largest.
std::string without_rounding(const std::string& text) {
  static const std::pair<std::regex, const char*> kRules[] = {
      {std::regex(R"(largest difference [^;\n]*)"), "largest difference"},
      {std::regex(R"((\bsame\b|[0-9.]+e-[0-9]+) *)"), "small "},
      {std::regex(R"(h5: [0-9]+ bytes)"), "h5: bytes"}};
  std::string result = text;
  for (const auto& [pattern, replacement] : kRules) result = std::regex_replace(result, pattern, replacement);
  return result;
}

// Every ```console block of docs/command_line.md: lines that begin with "$ " are run, the others are what is
// printed. SEPAL_SHOW_DOCUMENT=FILE writes all of it to a file.
TEST_F(Program, DoesWhatItsDocumentShows) {
  if (!reads_pictures()) GTEST_SKIP() << "built without picture files";
  const std::string golden = model("sep_seq__k315");
  const std::string pairs = model("nested__k315");
  std::filesystem::copy_file(golden + "/input_0.npy", folder_ / "x.npy");
  std::filesystem::copy_file(golden + "/output_0.npy", folder_ / "y.npy");
  std::filesystem::copy_file(pairs + "/input_0.npy", folder_ / "left.npy");
  std::filesystem::copy_file(pairs + "/input_1.npy", folder_ / "right.npy");
  std::filesystem::copy_file(kImages + "rgb.png", folder_ / "photo.png");
  std::filesystem::copy_file(kImages + "color.jpg", folder_ / "photo.jpg");
  std::filesystem::rename(with_self_test("nested__k315"), folder_ / "pairs.keras");
  std::filesystem::rename(with_self_test("sep_seq__k315"), folder_ / "model.keras");
  for (const char* name : {"model.keras", "damaged.keras"}) {
    std::filesystem::copy_file(kGolden + "self_test/sep_seq__k315.npz",
                               folder_ / (std::string(name) + ".selftest.npz"),
                               std::filesystem::copy_options::overwrite_existing);
  }
  const Model damaged = load_model(folder_ / "model.keras");
  const Ref<Layer> layer = damaged->get_layer("sep_b");
  Tensors weights = layer->get_weights();
  weights[1].mutable_data<float>()[7] += 0.5F;
  layer->set_weights(weights);
  damaged->save(folder_ / "damaged.keras");
  write("names.txt", "ant\nbee\ncat\ndog\nelk\n");
  const Recording recording = read_recording(kGolden + "self_test/nested__k315.npz");
  for (const auto& [name, array] : recording.layers) {
    const std::filesystem::path path = folder_ / ("activations/layers/" + name + ".npy");
    std::filesystem::create_directories(path.parent_path());
    write_npy(path.string(), array);
  }
  write_npy(folder_ / "activations/input_0.npy", recording.inputs[0]);
  write_npy(folder_ / "activations/input_1.npy", recording.inputs[1]);
  write_npy(folder_ / "activations/output_0.npy", recording.outputs[0]);

  std::ifstream document(std::string(SEPAL_SOURCE_DIR) + "/docs/command_line.md");
  std::string want;
  std::string got;
  bool inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line == "```console") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      want += line + "\n";
      if (!line.starts_with("$ sepal ")) continue;
      const Result result = shell("cd '" + folder_.path() + "' && '" SEPAL_PROGRAM "' " + line.substr(8));
      EXPECT_LE(result.status, 1) << line << "\n" << result.err;
      got += line + "\n" + result.out;
    }
  }
  EXPECT_GT(want.size(), 2000);
  if (const char* path = std::getenv("SEPAL_SHOW_DOCUMENT")) std::ofstream(path) << got;
  EXPECT_EQ(without_rounding(got), without_rounding(want));
}

}  // namespace
}  // namespace sepal
