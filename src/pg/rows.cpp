#include "perfkit/pg/rows.hpp"

#include <array>

extern "C" {
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
}

namespace perfkit::pg {

Value Value::time(std::int64_t when) { return when == 0 ? Value(std::nullopt) : of(TimestampTzGetDatum(when)); }

Value Value::jsonb(const std::string& json) {
    return of(
        call([&json] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(const_cast<char*>(json.c_str()))); }));
}

Rows::Rows(FunctionCallInfo fcinfo) : result_(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)) {
    call([fcinfo] { InitMaterializedSRF(fcinfo, 0); });
}

void Rows::add(std::span<const Value> values) {
    std::array<Datum, MaxTupleAttributeNumber> datums;
    std::array<bool, MaxTupleAttributeNumber> nulls;
    if (static_cast<int>(values.size()) != result_->setDesc->natts)
        throw std::logic_error("a row does not have the columns that its function declares");
    call([&] {
        std::size_t column = 0;
        for (const Value& value : values) {
            nulls[column] = value.kind_ == Value::Kind::null;
            datums[column] = value.kind_ == Value::Kind::text
                                 ? PointerGetDatum(cstring_to_text_with_len(value.text_.data(),
                                                                            static_cast<int>(value.text_.size())))
                                 : value.datum_;
            ++column;
        }
        tuplestore_putvalues(result_->setResult, result_->setDesc, datums.data(), nulls.data());
        column = 0;
        for (const Value& value : values) {
            if (value.kind_ == Value::Kind::text) pfree(DatumGetPointer(datums[column]));
            ++column;
        }
    });
}

}  // namespace perfkit::pg
