// docs/command_line.md shows what the program does.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <utility>

#include "sepal/data/npy.h"
#include "sepal/models/model.h"
#include "sepal/saving/recording.h"
#include "tests/support/program_fixture.h"

namespace sepal::program {
namespace {

using testing::kGolden;

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
}  // namespace sepal::program
