// Files of real Keras, damaged everywhere: each either loads or is refused by an error of Sepal that names
// the file, whatever was changed.
//
//   sepal_damage_test [--every N] [--list]
//
// N: one change in N is tried, the same ones in every run; 1 tries all of them and takes an hour (the target
// damage_sweep). --list prints what each refusal says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/models/model.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/load_model.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using testing::kGolden;
using testing::TemporaryFolder;
using testing::write_quickly;

std::size_t every = 4999;
bool lists_refusals = false;

using Bytes = std::vector<std::byte>;

Bytes file_bytes(const std::string& path) { return read_file(path, 1 << 24); }

std::vector<std::string> golden_files(const std::string& folder, const std::string& extension) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kGolden + folder)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class DamageSweep : public ::testing::Test {
 protected:
  // Whether the turn of one more change has come.
  bool chosen() { return ++changes_ % every == 0; }

  // Loads the bytes as a model; any other exception than Sepal's leaves and fails the test.
  void load(const Bytes& bytes, const std::string& what) {
    const std::string path = folder_ / "m";
    write_quickly(path, bytes);
    std::vector<std::string> notes;
    expect_a_good_refusal(path, what, [&] { load_model(path, {.notes = &notes}); });
  }

  template <class Action>
  void expect_a_good_refusal(const std::string& path, const std::string& what, const Action& action) {
    ++tried_;
    try {
      action();
    } catch (const Error& error) {
      ++refused_;
      const std::string text = error.what();
      const bool is_one_line =
          std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
      EXPECT_TRUE(is_one_line) << what << ": " << text;
      EXPECT_NE(text.find(path), std::string::npos) << what << ": " << text;
      if (lists_refusals) std::printf("%s\t%s\n", what.c_str(), text.c_str());
    }
  }

  void TearDown() override {
    std::printf("%zu of %zu changes, %zu refused\n", tried_, changes_, refused_);
    EXPECT_GT(refused_, 0U);
  }

  TemporaryFolder folder_;

 private:
  std::size_t changes_ = 0;
  std::size_t tried_ = 0;
  std::size_t refused_ = 0;
};

constexpr unsigned kByteValues[] = {0x00, 0x01, 0x20, 0x7F, 0x80, 0xFE, 0xFF};

// `visit` gets each damaged copy: cut off at every byte, and with every byte changed in eight ways.
template <class Chosen, class Visit>
void damage_bytes(const Bytes& whole, const Chosen& chosen, const Visit& visit) {
  for (std::size_t at = 0; at < whole.size(); ++at) {
    if (chosen()) visit(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at)), at);
    const auto change = [&](std::byte value) {
      if (!chosen()) return;
      Bytes changed = whole;
      changed[at] = value;
      visit(changed, at);
    };
    for (const unsigned value : kByteValues) change(std::byte(value));
    change(whole[at] ^ std::byte{1});
  }
}

TEST_F(DamageSweep, OfTheBytesOfWholeModels) {
  for (const char* extension : {".keras", ".h5"}) {
    for (const std::string& path : golden_files("models", extension)) {
      damage_bytes(
          file_bytes(path), [&] { return chosen(); },
          [&](const Bytes& bytes, std::size_t at) { load(bytes, path + " byte " + std::to_string(at)); });
    }
  }
}

TEST_F(DamageSweep, OfTheBytesOfHdf5Files) {
  std::vector<std::pair<std::string, Bytes>> seeds;
  for (const std::string& path : golden_files("h5", ".h5")) seeds.emplace_back(path, file_bytes(path));
  for (const std::string& path : golden_files("models", ".keras")) {
    const Bytes bytes = file_bytes(path);
    // tf.keras 2.12 gave this name to HDF5 files, too.
    if (!is_zip(bytes)) continue;
    const SharedBytes weights = Archive(bytes, path).read("model.weights.h5", 1 << 24);
    seeds.emplace_back(path, Bytes(weights.begin(), weights.end()));
  }
  const std::string name = "w.h5";
  for (const auto& [path, seed] : seeds) {
    damage_bytes(
        seed, [&] { return chosen(); },
        [&, &path = path](const Bytes& bytes, std::size_t at) {
          expect_a_good_refusal(name, path + " byte " + std::to_string(at), [&] {
            const H5File file(bytes, name);
            for (const auto& [group, names] : file.groups()) file.string_attribute(group, "name");
            for (const auto& [dataset, description] : file.datasets()) file.read(dataset);
          });
        });
  }
}

std::vector<Json> replacements() {
  return {nullptr,
          true,
          false,
          0,
          -1,
          7,
          65536,
          std::int64_t{1} << 31,
          std::int64_t{1} << 62,
          ~std::uint64_t{0},
          1.5,
          1e300,
          "",
          "x",
          "\x1b[31m\n",
          std::string(5000, 'x'),
          Json::array(),
          Json::object(),
          Json::array({Json::array()}),
          Json::array({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
          Json({{"class_name", "Dense"}, {"config", Json::object()}}),
          Json({{"class_name", "__tuple__"}, {"items", Json::array()}})};
}

// Pointers to every value, also to the objects and lists.
void collect_pointers(const Json& value, const Json::json_pointer& at, std::vector<Json::json_pointer>& all) {
  all.push_back(at);
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) collect_pointers(inner, at / key, all);
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect_pointers(value[i], at / i, all);
  }
}

template <class Chosen, class Visit>
void damage_json(const Json& whole, const Chosen& chosen, const Visit& visit) {
  std::vector<Json::json_pointer> pointers;
  collect_pointers(whole, Json::json_pointer(), pointers);
  const std::vector<Json> values = replacements();
  for (const Json::json_pointer& pointer : pointers) {
    const auto change = [&](const auto& how) {
      if (!chosen()) return;
      Json changed = whole;
      how(changed);
      visit(changed.dump(-1, ' ', true), pointer.to_string());
    };
    for (const Json& value : values) change([&](Json& changed) { changed[pointer] = value; });
    if (pointer.empty()) continue;
    // Left out, and with something beside it.
    const Json::json_pointer parent = pointer.parent_pointer();
    change([&](Json& changed) {
      Json& holder = changed[parent];
      if (holder.is_object()) {
        holder.erase(pointer.back());
      } else {
        holder.erase(static_cast<std::size_t>(std::stoul(pointer.back())));
      }
    });
    change([&](Json& changed) {
      Json& holder = changed[parent];
      if (holder.is_object()) {
        holder["unheard_of"] = 1;
      } else {
        holder.push_back(holder[0]);
      }
    });
  }
}

Json json_of(const std::string& text) { return Json::parse(text); }

TEST_F(DamageSweep, OfTheConfigsOfArchives) {
  for (const std::string& path : golden_files("models", ".keras")) {
    const Bytes bytes = file_bytes(path);
    if (!is_zip(bytes)) continue;
    const Archive archive(bytes, path);
    const SharedBytes weights = archive.read("model.weights.h5", 1 << 24);
    for (const char* member : {"config.json", "metadata.json"}) {
      const auto text_of = [&](const char* name) {
        const SharedBytes text = archive.read(name, 1 << 24);
        return std::string(reinterpret_cast<const char*>(text.data()), text.size());
      };
      damage_json(
          json_of(text_of(member)), [&] { return chosen(); },
          [&](const std::string& changed, const std::string& pointer) {
            std::vector<NewMember> members;
            std::string texts[2];
            std::size_t next = 0;
            for (const char* name : {"metadata.json", "config.json"}) {
              std::string& text = texts[next++];
              text = std::string(name) == member ? changed : text_of(name);
              members.push_back({name, std::as_bytes(std::span(text))});
            }
            members.push_back({"model.weights.h5", weights});
            load(make_archive(members), path + " " + member + pointer);
          });
    }
  }
}

TEST_F(DamageSweep, OfTheConfigsOfLegacyFiles) {
  const std::vector<std::string> attributes = {"model_config", "training_config"};
  for (const std::string& path : golden_files("models", ".h5")) {
    const H5File file(file_bytes(path), path);
    if (!file.string_attribute("", "model_config")) continue;
    for (const std::string& damaged : attributes) {
      const auto config = file.string_attribute("", damaged);
      if (!config) continue;
      damage_json(
          json_of(*config), [&] { return chosen(); },
          [&](const std::string& changed, const std::string& pointer) {
            H5Writer writer;
            for (const auto& [group, names] : file.groups()) {
              if (!group.empty()) writer.group(group);
              for (const std::string& name : names.datasets) {
                writer.dataset(h5_join(group, name), file.read(h5_join(group, name)));
              }
              for (const char* list : {"layer_names", "weight_names"}) {
                if (const auto all = file.string_list_attribute(group, list)) {
                  writer.string_list_attribute(group, list, *all);
                }
              }
            }
            for (const std::string& name : attributes) {
              const auto text = file.string_attribute("", name);
              if (text) writer.string_attribute("", name, name == damaged ? changed : *text);
            }
            if (const auto version = file.string_attribute("", "keras_version")) {
              writer.string_attribute("", "keras_version", *version);
            }
            load(writer.finish(), path + " " + damaged + pointer);
          });
    }
  }
}

}  // namespace
}  // namespace sepal

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--list") sepal::lists_refusals = true;
    if (argument == "--every" && i + 1 < argc) {
      sepal::every = static_cast<std::size_t>(std::max(1L, std::atol(argv[i + 1])));
    }
  }
  return RUN_ALL_TESTS();
}
