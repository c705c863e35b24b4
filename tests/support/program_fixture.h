// What the tests of the program share: it is run as a person runs it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <string>

#include "sepal/base/error.h"
#include "sepal/data/image_file.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal::program {

inline const std::string kImages = testing::kGolden + "images/";

inline std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline bool reads_pictures() {
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
    std::filesystem::copy_file(testing::kGolden + "self_test/" + name + ".npz", path + ".selftest.npz");
    return path;
  }
  std::string model(const std::string& name) { return testing::kGolden + "models/" + name; }

  testing::TemporaryFolder folder_;
};

}  // namespace sepal::program
