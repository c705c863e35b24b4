#include "sepal/saving/h5_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <thread>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/saving/h5_writer.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::byte> golden_h5(const std::string& name) {
  return read_file(SEPAL_SOURCE_DIR "/tests/golden/h5/" + name, 1 << 20);
}

std::string refusal_of_h5(std::vector<std::byte> image) {
  return testing::error_text<ValueError>([&] { H5File(std::move(image), "w.h5"); });
}

// Element i is i - 2.
void expect_numbers(const Tensor& tensor, const Shape& shape, DType dtype) {
  ASSERT_EQ(tensor.shape(), shape);
  ASSERT_EQ(tensor.dtype(), dtype);
  for (std::int64_t i = 0; i < tensor.num_elements(); ++i) {
    const auto value = static_cast<double>(i - 2);
    // The unsigned ones wrap.
    if (value < 0 && name_of(dtype)[0] == 'u') continue;
    EXPECT_EQ(tensor.at(i), value);
  }
}

TEST(H5File, ReadsEveryNumberInBothByteOrders) {
  const H5File file(golden_h5("types.h5"), "types.h5");
  const std::vector<std::pair<std::string, DType>> types = {
      {"f2", DType::float16}, {"f4", DType::float32}, {"f8", DType::float64}, {"i1", DType::int8},
      {"i2", DType::int16},   {"i4", DType::int32},   {"i8", DType::int64},   {"u1", DType::uint8},
      {"u2", DType::uint16},  {"u4", DType::uint32},  {"u8", DType::uint64}};
  for (const auto& [name, dtype] : types) {
    expect_numbers(file.read("little/" + name), {2, 3}, dtype);
    expect_numbers(file.read("big/" + name), {2, 3}, dtype);
  }
  expect_numbers(file.read("bfloat16"), {2, 3}, DType::bfloat16);
  testing::expect_values(file.read("bool"), {2, 3}, {0, 1, 0, 1, 0, 1});
  testing::expect_values(file.read("scalar"), {}, {7});
  EXPECT_EQ(file.read("empty").shape(), Shape({0, 3}));
}

TEST(H5File, NamesADatasetOfATypeThatNoTensorHas) {
  const H5File file(golden_h5("types.h5"), "types.h5");
  const auto text = [&](const char* path) {
    return testing::error_text<ValueError>([&] { file.read(path); });
  };
  EXPECT_THAT(text("unsupported/complex"),
              HasSubstr("'types.h5': HDF5 object 'unsupported/complex': expected "
                        "numbers. Received elements of type: compound"));
  EXPECT_THAT(text("unsupported/strings"), HasSubstr("string of 1 bytes"));
  EXPECT_THAT(text("unsupported/texts"), HasSubstr("string"));
  EXPECT_THAT(text("unsupported/compound"), HasSubstr("compound"));
  EXPECT_THAT(text("unsupported/opaque"), HasSubstr("opaque of 3 bytes"));
  EXPECT_THAT(text("nothing"), HasSubstr("there is no such dataset"));
}

TEST(H5File, ReadsChunksAndTheirFilters) {
  const H5File file(golden_h5("storage.h5"), "storage.h5");
  for (const char* path : {"deflated", "shuffled", "chunked"}) {
    expect_numbers(file.read(path), {20, 30}, DType::float32);
  }
}

TEST(H5File, ReadsStringsOfFixedAndVariableLength) {
  const H5File file(golden_h5("attributes.h5"), "a.h5");
  EXPECT_EQ(file.string_attribute("group", "text"), "Größe");
  EXPECT_EQ(file.string_attribute("group", "bytes"), "fixed");
  EXPECT_EQ(file.string_attribute("group", "long"), std::string(100000, 'x'));
  EXPECT_EQ(file.string_attribute("group", "absent"), std::nullopt);
  EXPECT_THAT(*file.string_list_attribute("group", "texts"), ElementsAre("a", "bcd", ""));
  EXPECT_THAT(*file.string_list_attribute("group", "all_bytes"), ElementsAre("a", "bcd"));
  EXPECT_TRUE(file.string_list_attribute("group", "none")->empty());
  EXPECT_THAT(testing::error_text<ValueError>([&] { file.string_attribute("group", "number"); }),
              HasSubstr("'group@number': expected strings. Received: float of 8 bytes"));
  EXPECT_THAT(testing::error_text<ValueError>([&] { file.string_attribute("group", "texts"); }),
              HasSubstr("expected one string. Received: 3"));
}

TEST(H5File, RefusesTheNewerFormatByName) {
  EXPECT_THAT(refusal_of_h5(golden_h5("latest.h5")), HasSubstr("the newer HDF5 format (superblock version"));
}

TEST(H5File, ListsGroupsAndDatasets) {
  const H5File file(golden_h5("types.h5"), "types.h5");
  EXPECT_THAT(file.groups().at("").groups, ElementsAre("big", "little", "unsupported"));
  EXPECT_THAT(file.groups().at("").datasets, ElementsAre("bfloat16", "bool", "empty", "scalar"));
  EXPECT_EQ(file.groups().at("big").datasets.size(), 11U);
  EXPECT_TRUE(file.has_group("little"));
  EXPECT_FALSE(file.has_group("scalar"));
}

TEST(H5File, ReadsNamesThatLieInAHeap) {
  const H5File file(golden_h5("names.h5"), "names.h5");
  EXPECT_EQ(file.groups().at("größe").datasets.size(), 60U);
  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(file.read("größe/a long name for the number " + std::to_string(i)).item(), i);
  }
}

TEST(H5File, RefusesLinksAndSecondNames) {
  EXPECT_THAT(refusal_of_h5(golden_h5("soft_link.h5")),
              HasSubstr("'w.h5': HDF5 object '/': a soft link is not allowed: 'b'"));
  EXPECT_THAT(refusal_of_h5(golden_h5("external_link.h5")),
              HasSubstr("a link to another file is not allowed: 'b'"));
  EXPECT_THAT(refusal_of_h5(golden_h5("second_name.h5")), HasSubstr("'b': the object has two names"));
  EXPECT_THAT(refusal_of_h5(golden_h5("loop.h5")), HasSubstr("'a/b': the object has two names"));
}

TEST(H5File, RefusesElementsThatAreNotInTheFile) {
  EXPECT_THAT(refusal_of_h5(golden_h5("external_storage.h5")),
              HasSubstr("'a': external storage is not allowed"));
  EXPECT_THAT(refusal_of_h5(golden_h5("virtual.h5")),
              HasSubstr("is not supported, such as a virtual dataset"));
  EXPECT_THAT(refusal_of_h5(golden_h5("undefined_elements.h5")),
              HasSubstr("bytes are declared and 0 are stored"));
  EXPECT_THAT(refusal_of_h5(golden_h5("undefined_chunks.h5")),
              HasSubstr("bytes are declared in a file of 1400"));
}

TEST(H5File, RefusesSizesBeforeTakingMemory) {
  EXPECT_THAT(refusal_of_h5(golden_h5("overflow.h5")), HasSubstr("declared size is more than"));
  EXPECT_THAT(refusal_of_h5(golden_h5("huge_chunk.h5")), HasSubstr("chunks have more than"));
  EXPECT_THAT(refusal_of_h5(golden_h5("too_many_axes.h5")),
              HasSubstr("expected at most 8 axes. Received: 9"));
}

TEST(H5File, RefusesUnknownFilters) {
  EXPECT_THAT(refusal_of_h5(golden_h5("unknown_filter.h5")), HasSubstr("filter 32000 is not supported"));
}

TEST(H5File, NoticesDamagedChunks) {
  std::vector<std::byte> image = golden_h5("storage.h5");
  const H5File whole(image, "storage.h5");
  int refused = 0;
  for (std::size_t at = 96; at < image.size(); at += 5) {
    std::vector<std::byte> changed = image;
    changed[at] ^= std::byte{0x20};
    try {
      const H5File file(changed, "storage.h5");
      testing::expect_same_bits(file.read("shuffled"), whole.read("shuffled"));
    } catch (const ValueError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

// A file of two datasets whose tables are changed by hand.
class TwoDatasets : public ::testing::Test {
 protected:
  TwoDatasets() {
    H5Writer writer;
    writer.dataset("a", Tensor::from<float>({1234.5F, 1, 1, 1}, {4}));
    writer.dataset("b", Tensor::from<float>({5432.25F, 1, 1, 1}, {4}));
    image_ = writer.finish();
    address_of_a_ = place_of(1234.5F);
    field_of_b_ = place_of(place_of(5432.25F));
  }

  template <class Number>
  std::uint64_t place_of(Number number) const {
    const auto bytes = std::as_bytes(std::span(&number, 1));
    return static_cast<std::uint64_t>(std::search(image_.begin(), image_.end(), bytes.begin(), bytes.end()) -
                                      image_.begin());
  }
  std::uint64_t place_of_text(std::string_view text) const {
    const auto bytes = std::as_bytes(std::span(text));
    return static_cast<std::uint64_t>(std::search(image_.begin(), image_.end(), bytes.begin(), bytes.end()) -
                                      image_.begin());
  }
  template <class Number>
  void put(std::uint64_t at, Number number) {
    std::memcpy(image_.data() + at, &number, sizeof(number));
  }
  // As if the elements of b stood elsewhere.
  std::string refusal_of_b_at(std::uint64_t address) {
    put(field_of_b_, address);
    return refusal_of_h5(image_);
  }

  std::vector<std::byte> image_;
  std::uint64_t address_of_a_ = 0;
  std::uint64_t field_of_b_ = 0;  // where the address of its elements stands
};

TEST_F(TwoDatasets, AreReadFromTheirPlaces) { EXPECT_EQ(H5File(image_, "w.h5").read("b").at(0), 5432.25); }

TEST_F(TwoDatasets, MayNotShareBytes) {
  EXPECT_THAT(refusal_of_b_at(address_of_a_), HasSubstr("bytes overlap those of '"));
  EXPECT_THAT(refusal_of_b_at(address_of_a_ + 4), HasSubstr("'b': its bytes overlap those of 'a'"));
}

TEST_F(TwoDatasets, MayNotLieOnTables) {
  EXPECT_THAT(refusal_of_b_at(0), HasSubstr("'b': its bytes overlap tables of the file"));
  for (const char* table : {"TREE", "HEAP", "SNOD"}) {
    EXPECT_THAT(refusal_of_b_at(place_of_text(table)), HasSubstr("'b': its bytes overlap tables of the file"))
        << table;
  }
}

TEST_F(TwoDatasets, MayNotLieBeyondTheEnd) {
  EXPECT_THAT(refusal_of_b_at(image_.size() - 8), HasSubstr("'b': its 16 bytes lie outside of the file's"));
  EXPECT_THAT(refusal_of_b_at(std::uint64_t{1} << 63), HasSubstr("lie outside of the file's"));
}

TEST_F(TwoDatasets, AreNotFoundThroughATreeWithALoop) {
  const std::uint64_t tree = place_of_text("TREE");
  put(tree + 5, std::uint8_t{1});  // not a leaf
  put(tree + 32, tree);            // its first child
  EXPECT_THAT(refusal_of_h5(image_), HasSubstr("its tree of names has a loop"));
}

TEST_F(TwoDatasets, AreNotFoundThroughAHeaderWithALoop) {
  // The root's header stands where the superblock says; its first message begins 16 bytes later.
  std::uint64_t header = 0;
  std::memcpy(&header, image_.data() + 64, sizeof(header));
  put(header + 16, std::uint16_t{0x10});  // a continuation ...
  put(header + 24, header + 16);          // ... in itself
  put(header + 32, std::uint64_t{24});
  put(header + 2, std::uint16_t{1000});  // how many messages there are
  EXPECT_THAT(refusal_of_h5(image_), HasSubstr("its header has a loop"));
}

TEST_F(TwoDatasets, HaveNamesOfTheirOwn) {
  const std::uint64_t names = place_of_text("SNOD") + 8;
  std::uint64_t name_of_a = 0;
  std::memcpy(&name_of_a, image_.data() + names, sizeof(name_of_a));
  put(names + 40, name_of_a);
  EXPECT_THAT(refusal_of_h5(image_), HasSubstr("'a': the name comes twice"));
}

TEST(H5File, RefusesNamesThatShareBytes) {
  H5Writer writer;
  writer.dataset(std::string(400, 'a'), Tensor::zeros({1}));
  for (const char* name : {"b", "c", "d", "e", "f", "g", "h"}) writer.dataset(name, Tensor::zeros({1}));
  std::vector<std::byte> image = writer.finish();
  const std::string_view table = "SNOD";
  const auto bytes = std::as_bytes(std::span(table));
  const auto found = std::search(image.begin(), image.end(), bytes.begin(), bytes.end());
  const auto names = found - image.begin() + 8;
  // Each is the end of the first one.
  for (std::uint64_t i = 1; i < 8; ++i) {
    const std::uint64_t name = 8 + i;
    std::memcpy(image.data() + names + static_cast<std::ptrdiff_t>(40 * i), &name, sizeof(name));
  }
  EXPECT_THAT(refusal_of_h5(std::move(image)), HasSubstr("a name in it is damaged"));
}

TEST(H5File, RefusesAFilterTwice) {
  std::vector<std::byte> image = golden_h5("storage.h5");
  const std::string_view name = "deflate";
  const auto bytes = std::as_bytes(std::span(name));
  int changed = 0;
  for (auto at = image.begin();;) {
    at = std::search(at, image.end(), bytes.begin(), bytes.end());
    if (at == image.end()) break;
    *(at - 8) = std::byte{2};  // shuffle
    ++at;
    ++changed;
  }
  ASSERT_GT(changed, 0);
  EXPECT_THAT(refusal_of_h5(image), HasSubstr("filter 2 is not supported, expected shuffle, deflate and "
                                              "fletcher32 at most once"));
}

// Bytes of the file, `step` apart, changed in several ways.
void expect_to_survive_changes(const std::string& name, std::size_t step) {
  const std::vector<std::byte> image = golden_h5(name);
  for (std::size_t at = 0; at < image.size(); at += step) {
    for (const unsigned value : {0x00U, 0x01U, 0x7FU, 0x80U, 0xFFU}) {
      std::vector<std::byte> changed = image;
      changed[at] = std::byte(value);
      try {
        const H5File file(changed, "w.h5");
        for (const auto& [path, group] : file.groups()) file.string_attribute(path, "name");
        for (const auto& [path, dataset] : file.datasets()) file.read(path);
      } catch (const Error&) {  // NOLINT: a refusal is as good as a success here
      }
    }
  }
}

TEST(H5File, SurvivesEveryChangedByte) {
  // A file as Keras writes it.
  expect_to_survive_changes("attributes_small.h5", 1);
  expect_to_survive_changes("names.h5", 37);
}

TEST(H5File, RefusesWhatIsNotAWholeFile) {
  EXPECT_THAT(refusal_of_h5({}), HasSubstr("expected an HDF5 file"));
  EXPECT_THAT(refusal_of_h5(golden_h5("user_block.h5")), HasSubstr("after a user block of 512 bytes"));
  auto cut = golden_h5("types.h5");
  cut.resize(cut.size() / 2);
  EXPECT_THAT(refusal_of_h5(cut), HasSubstr("It may be cut off"));
}

TEST(H5File, RefusesADriverRecord) {
  auto image = golden_h5("soft_link.h5");
  image[48] = std::byte{96};
  for (std::size_t i = 49; i < 56; ++i) image[i] = std::byte{0};
  EXPECT_THAT(refusal_of_h5(image), HasSubstr("driver records are not supported"));
}

TEST(H5Writer, GivesBackWhatWasWritten) {
  H5Writer writer;
  writer.group("layers/dense/vars");
  writer.string_attribute("layers/dense/vars", "name", "Größe");
  writer.group("vars");
  writer.string_attribute("", "top", "root");
  const std::vector<DType> dtypes = {DType::float32, DType::float64, DType::float16, DType::bfloat16,
                                     DType::int8,    DType::int16,   DType::int32,   DType::int64,
                                     DType::uint8,   DType::uint16,  DType::uint32,  DType::uint64,
                                     DType::boolean};
  const Tensor numbers = Tensor::from<float>({0, 1, 0, 1, 1, 0}, {3, 2});
  for (const DType dtype : dtypes) {
    writer.dataset("layers/dense/vars/" + std::string(name_of(dtype)), numbers.astype(dtype));
  }
  writer.dataset("scalar", Tensor::scalar(4.5, DType::float64));
  writer.dataset("nothing", Tensor(Shape{0, 2}));

  const H5File file(writer.finish(), "w.h5");
  EXPECT_EQ(file.string_attribute("layers/dense/vars", "name"), "Größe");
  EXPECT_EQ(file.string_attribute("", "top"), "root");
  EXPECT_TRUE(file.groups().at("vars").datasets.empty());
  for (const DType dtype : dtypes) {
    testing::expect_same_bits(file.read("layers/dense/vars/" + std::string(name_of(dtype))),
                              numbers.astype(dtype));
  }
  testing::expect_same_bits(file.read("scalar"), Tensor::scalar(4.5, DType::float64));
  EXPECT_EQ(file.read("nothing").shape(), Shape({0, 2}));
}

std::vector<std::byte> written_file() {
  H5Writer writer;
  for (int i = 0; i < 40; ++i) {
    const std::string group = "layers/dense_" + std::to_string(i) + "/vars";
    writer.group(group);
    writer.string_attribute(group, "name", "dense_" + std::to_string(i));
    writer.dataset(group + "/0", testing::ramp({i + 1, 3}));
  }
  return writer.finish();
}

TEST(H5Writer, WritesEqualBytesForEqualContents) {
  const auto first = written_file();
  // Memory of other contents is reused in between.
  const H5File other(golden_h5("types.h5"), "types.h5");
  EXPECT_EQ(written_file(), first);
}

TEST(H5Writer, WorksOnSeveralThreadsAtOnce) {
  const auto want = written_file();
  std::vector<std::vector<std::byte>> got(4);
  std::vector<std::thread> threads;
  for (auto& bytes : got) threads.emplace_back([&bytes] { bytes = written_file(); });
  for (auto& thread : threads) thread.join();
  for (const auto& bytes : got) EXPECT_EQ(bytes, want);
}

}  // namespace
}  // namespace sepal
