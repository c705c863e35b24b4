#include "sepal/base/keras_config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* former = std::getenv(name)) former_ = former;
    value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1);
  }
  ~Environment() { former_ ? ::setenv(name_, former_->c_str(), 1) : ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> former_;
};

// The defaults belong to the process and are read once: each of these tests starts one of its own, which
// answers by its exit status.
class KerasConfigProcess : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};
constexpr int kAsExpected = 0;
constexpr int kOtherwise = 1;
int status(bool holds) { return holds ? kAsExpected : kOtherwise; }

TEST_F(KerasConfigProcess, HasBuiltInDefaultsWhereThereIsNoFile) {
  EXPECT_EXIT(
      {
        ::setenv("KERAS_HOME", "/nowhere", 1);
        std::_Exit(status(floatx() == DType::float32 && epsilon() == 1e-7 &&
                          image_data_format() == "channels_last" && !std::filesystem::exists("/nowhere")));
      },
      ::testing::ExitedWithCode(kAsExpected), "");
}

TEST_F(KerasConfigProcess, E50_TakesItsDefaultsFromTheFileInKerasHome) {
  EXPECT_EXIT(
      {
        const testing::TemporaryFolder folder;
        ::setenv("KERAS_HOME", folder.path().c_str(), 1);
        write(folder / "keras.json", R"({"floatx": "float64", "epsilon": 1e-5, "backend": "tensorflow",)"
                                     R"( "image_data_format": "channels_first"})");
        const bool from_file =
            floatx() == DType::float64 && epsilon() == 1e-5 && image_data_format() == "channels_first";
        write(folder / "keras.json", R"({"epsilon": 0.5})");
        const bool read_once = epsilon() == 1e-5;
        std::filesystem::remove_all(folder.path());
        std::_Exit(status(from_file && read_once));
      },
      ::testing::ExitedWithCode(kAsExpected), "");
}

TEST_F(KerasConfigProcess, E50_GoesOnWithDefaultsAndAWarningWhereTheFileIsNoJson) {
  EXPECT_EXIT(
      {
        const testing::TemporaryFolder folder;
        ::setenv("KERAS_HOME", folder.path().c_str(), 1);
        write(folder / "keras.json", R"({"image_data_format": )");
        const bool usual = image_data_format() == "channels_last";
        std::filesystem::remove_all(folder.path());
        std::_Exit(status(usual));
      },
      ::testing::ExitedWithCode(kAsExpected), "Warning: '.*keras.json' is not JSON");
}

TEST_F(KerasConfigProcess, PrefersWhatIsSetThenAGivenFileThenKerasHome) {
  EXPECT_EXIT(
      {
        const testing::TemporaryFolder folder;
        ::setenv("KERAS_HOME", folder.path().c_str(), 1);
        write(folder / "keras.json", R"({"epsilon": 0.25, "floatx": "float16"})");
        write(folder / "given.json", R"({"epsilon": 0.5, "image_data_format": "channels_first"})");
        set_image_data_format("channels_last");
        const bool from_home = epsilon() == 0.25;
        use_keras_config(folder / "given.json");
        // The given file stands in the usual one's place; keys that it lacks have the built-in value.
        const bool from_given = epsilon() == 0.5 && floatx() == DType::float32;
        const bool set = image_data_format() == "channels_last";
        std::filesystem::remove_all(folder.path());
        std::_Exit(status(from_home && from_given && set));
      },
      ::testing::ExitedWithCode(kAsExpected), "");
}

TEST(KerasConfig, E51_SetsTheFloatTypeByName) {
  set_floatx("float64");
  EXPECT_EQ(floatx(), DType::float64);
  set_floatx("float32");
  testing::expect_error<ValueError>([] { set_floatx("float8"); }, {"floatx", "Received: float8"});
  testing::expect_error<ValueError>([] { set_floatx("int32"); }, {"floatx", "Received: int32"});
  EXPECT_THROW(set_floatx(DType::int32), ValueError);
  EXPECT_EQ(floatx(), DType::float32);
}

TEST(KerasConfig, E49_TakesDataFormatsInAnyCase) {
  set_image_data_format("Channels_First");
  EXPECT_EQ(image_data_format(), "channels_first");
  EXPECT_THROW(set_image_data_format("nchw"), ValueError);
  EXPECT_EQ(image_data_format(), "channels_first");
  set_image_data_format("channels_last");
}

TEST(KerasConfig, E50_NamesTheFileAndTheKeyOfABadValue) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "keras.json";
  const auto refused = [&](const char* text, std::initializer_list<const char*> parts) {
    write(path, text);
    testing::expect_error<ValueError>([&] { read_keras_config(path); }, parts);
  };
  refused(R"({"epsilon": 1})", {"keras.json", "`epsilon`", "Received: epsilon=1"});
  refused(R"({"epsilon": "1e-7"})", {"`epsilon`"});
  refused(R"({"epsilon": true})", {"`epsilon`"});
  refused(R"({"floatx": "float8"})", {"keras.json", "`floatx`", "\"float8\""});
  refused(R"({"floatx": null})", {"`floatx`"});
  // The file is stricter about case than `set_image_data_format`, as in Keras.
  refused(R"({"image_data_format": "Channels_First"})", {"keras.json", "`image_data_format`"});
  refused("[1]", {"keras.json", "object"});
  EXPECT_THROW(read_keras_config(folder / "missing.json"), OSError);
}

TEST(KerasConfig, IgnoresOtherKeys) {
  const testing::TemporaryFolder folder;
  write(folder / "keras.json", R"({"backend": "jax", "nnx_enabled": true, "epsilon": 1.0})");
  const KerasConfig config = read_keras_config(folder / "keras.json");
  EXPECT_EQ(config.epsilon, 1.0);
  EXPECT_FALSE(config.floatx);
  EXPECT_FALSE(config.image_data_format);
}

TEST(KerasConfig, LooksInKerasHomeThenInTheHomeFolder) {
  const Environment home("HOME", "/home/ada");
  {
    const Environment keras_home("KERAS_HOME", "/etc/keras");
    EXPECT_EQ(keras_config_path(), "/etc/keras/keras.json");
  }
  {
    const Environment keras_home("KERAS_HOME", "~/settings");
    EXPECT_EQ(keras_config_path(), "/home/ada/settings/keras.json");
  }
  const Environment keras_home("KERAS_HOME", nullptr);
  EXPECT_EQ(keras_config_path(), "/home/ada/.keras/keras.json");
  const Environment no_home("HOME", nullptr);
  EXPECT_EQ(keras_config_path(), "");
  EXPECT_THROW(save_keras_config(), OSError);
}

TEST(KerasConfig, SavesInTheFormOfKerasAndKeepsOtherKeys) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "new/keras.json";
  save_keras_config(path);
  EXPECT_EQ(content_of(path),
            "{\n    \"floatx\": \"float32\",\n    \"epsilon\": 1e-07,\n"
            "    \"image_data_format\": \"channels_last\"\n}");

  write(path, R"({"backend": "torch", "epsilon": 1})");
  save_keras_config(path);
  EXPECT_EQ(content_of(path),
            "{\n    \"backend\": \"torch\",\n    \"epsilon\": 1e-07,\n    \"floatx\": \"float32\",\n"
            "    \"image_data_format\": \"channels_last\"\n}");
  EXPECT_EQ(read_keras_config(path).epsilon, 1e-7);

  write(path, "{");
  EXPECT_THROW(save_keras_config(path), ValueError);
  EXPECT_EQ(content_of(path), "{");
}

}  // namespace
}  // namespace sepal
