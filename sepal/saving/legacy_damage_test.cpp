// Damaged legacy `.h5` files load or are refused; nothing else may happen.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "sepal/base/error.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/load_model.h"
#include "tests/support/small_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::saved_bytes;
using testing::tiny_model;
using testing::write_quickly;

// As few bytes as a compiled model has.
std::vector<std::byte> tiny_h5() {
  const Sequential model = tiny_model();
  model->compile({.optimizer = "sgd", .loss = "mse"});
  return saved_bytes(model, "m.h5");
}

// Whether the file loads; nothing but an Error may leave load_model.
bool loads(const std::string& path) {
  std::vector<std::string> notes;
  try {
    load_model(path, {.notes = &notes});
  } catch (const Error&) {
    return false;
  }
  return true;
}

TEST(LoadModel, RefusesEveryTruncationOfALegacyFile) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = tiny_h5();
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    write_quickly(temporary / "m.h5", std::span(whole).first(length));
    EXPECT_FALSE(loads(temporary / "m.h5")) << length;
  }
  write_quickly(temporary / "m.h5", whole);
  EXPECT_TRUE(loads(temporary / "m.h5"));
}

TEST(LoadModel, SurvivesChangedBytesOfALegacyFile) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = tiny_h5();
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    std::vector<std::byte> bytes = whole;
    bytes[at] ^= std::byte{0x11};
    write_quickly(temporary / "m.h5", bytes);
    loads(temporary / "m.h5");  // either will do
  }
}

TEST(LoadModel, RefusesEveryValueOfAWrongTypeInTheConfigsOfALegacyFile) {
  const testing::TemporaryFolder temporary;
  const H5File file(tiny_h5(), "m");
  const std::vector<const char*> attributes = {"model_config", "training_config"};
  std::map<std::string, Json> configs;
  for (const char* name : attributes) configs[name] = Json::parse(*file.string_attribute("", name));
  // Both dialects read it.
  for (const char* version : {"2.15.0", "3.15.1"}) {
    for (const char* name : attributes) {
      const Json flat = configs[name].flatten();
      for (const auto& [pointer, value] : flat.items()) {
        for (const Json& replacement :
             {Json(), Json(true), Json(-1), Json(1e300), Json("x"), Json::array(), Json::object()}) {
          std::map<std::string, Json> changed = configs;
          changed[name][Json::json_pointer(pointer)] = replacement;
          H5Writer writer;
          writer.string_attribute("", "keras_version", version);
          for (const char* each : attributes) writer.string_attribute("", each, changed[each].dump());
          writer.group("model_weights/d");
          writer.string_list_attribute("model_weights", "layer_names", {"d"});
          writer.string_list_attribute("model_weights/d", "weight_names", {"kernel", "bias"});
          for (const char* weight : {"kernel", "bias"}) {
            writer.dataset(h5_join("model_weights/d", weight),
                           file.read(h5_join("model_weights/d/d", weight)));
          }
          write_quickly(temporary / "m.h5", writer.finish());
          loads(temporary / "m.h5");  // either will do
        }
      }
    }
  }
}

}  // namespace
}  // namespace sepal
