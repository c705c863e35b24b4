// sepal predict: what it computes, writes and refuses.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/data/npy.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "tests/support/program_fixture.h"
#include "tests/support/tensor_checks.h"

namespace sepal::program {
namespace {

using testing::golden_arrays;

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

TEST_F(Program, SaysWhatToGiveInsteadOfAFolder) {
  const std::string question =
      "predict " + model("sep_seq__k315/model.keras") + " " + folder_.path() + " --top 1";
  const Result empty = run(question);
  EXPECT_EQ(empty.status, 2);
  EXPECT_NE(empty.err.find("is a folder: give files of it, .npy files or pictures"), std::string::npos)
      << empty.err;
  write("a.png", "");
  write("b.npy", "");
  write("c.txt", "");
  const Result mixed = run(question);
  EXPECT_EQ(mixed.status, 2);
  EXPECT_NE(mixed.err.find("give files of it, " + (folder_ / "*.npy") + " " + (folder_ / "*.png") + "\n"),
            std::string::npos)
      << mixed.err;
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

}  // namespace
}  // namespace sepal::program
