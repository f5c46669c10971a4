"""Every error that leaves the farm, and whose fault it is.

FarmError                  carries a stable ``code`` from :data:`CODES`
├── Refused                the request is at fault: answered at the door, never retried
├── JobFault               a job's input is at fault: the job fails at once, with advice
├── FarmFault              the farm is at fault: retried with backoff on another worker, then fails
└── StepCancelled          not an error: the step was asked to stop

HTTP status and CLI exit code are looked up in one place each, from the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Code:
    """What a code means everywhere: HTTP status, CLI exit code, title in English and Korean."""

    status: int
    exit: int
    title: str
    title_ko: str


CODES: Mapping[str, Code] = {
    "request.invalid": Code(422, 2, "The request is not valid", "요청이 올바르지 않습니다"),
    "request.malformed": Code(400, 2, "The body cannot be read", "본문을 읽을 수 없습니다"),
    "request.too_large": Code(413, 2, "The body is too large", "본문이 너무 큽니다"),
    "request.media_type": Code(415, 2, "This media type is not accepted", "지원하지 않는 미디어 형식입니다"),
    "request.precondition_required": Code(428, 2, "If-Match is needed", "If-Match 헤더가 필요합니다"),
    "request.method": Code(405, 2, "This method is not allowed here", "허용되지 않는 메서드입니다"),
    "request.cursor": Code(400, 2, "The cursor is not valid", "커서가 올바르지 않습니다"),
    "request.range": Code(416, 2, "The range lies outside the file", "요청한 범위가 파일을 벗어났습니다"),
    "auth.missing": Code(401, 6, "A token is needed", "토큰이 필요합니다"),
    "auth.invalid": Code(401, 6, "The token is not valid", "토큰이 올바르지 않습니다"),
    "auth.forbidden": Code(403, 6, "The token does not allow this", "이 토큰으로는 할 수 없습니다"),
    "not_found": Code(404, 7, "There is no such thing", "찾을 수 없습니다"),
    "job.conflict": Code(409, 2, "The job's state does not allow this", "작업 상태에서 할 수 없는 요청입니다"),
    "job.kind_unknown": Code(422, 2, "There is no such kind of job", "알 수 없는 작업 종류입니다"),
    "idempotency.mismatch": Code(
        422, 2, "The idempotency key was used with another body", "다른 본문에 이미 쓰인 멱등 키입니다"
    ),
    "etag.mismatch": Code(412, 2, "The resource has changed", "리소스가 이미 변경되었습니다"),
    "blob.unknown": Code(422, 2, "There is no such blob", "알 수 없는 파일입니다"),
    "blob.in_use": Code(409, 2, "The file is in use", "사용 중인 파일입니다"),
    "blob.digest_mismatch": Code(422, 2, "The bytes do not match the digest", "바이트가 다이제스트와 다릅니다"),
    "blob.missing": Code(500, 1, "The stored bytes are gone", "저장된 파일을 찾을 수 없습니다"),
    "upload.name": Code(422, 2, "The file name cannot be used", "사용할 수 없는 파일 이름입니다"),
    "upload.chunk_size": Code(422, 2, "The chunk size cannot be used", "사용할 수 없는 청크 크기입니다"),
    "upload.chunk_number": Code(422, 2, "There is no such chunk", "없는 청크 번호입니다"),
    "upload.chunk_length": Code(422, 2, "The chunk has another length", "청크 길이가 다릅니다"),
    "upload.checksum": Code(422, 2, "The bytes do not match the checksum", "바이트가 체크섬과 다릅니다"),
    "upload.checksum_unknown": Code(400, 2, "This checksum is not known", "지원하지 않는 체크섬입니다"),
    "upload.conflict": Code(409, 2, "Other bytes are there already", "이미 다른 바이트가 저장되어 있습니다"),
    "upload.busy": Code(409, 2, "Somebody writes there now", "다른 요청이 쓰는 중입니다"),
    "upload.offset": Code(409, 2, "The upload continues elsewhere", "업로드 위치가 다릅니다"),
    "upload.not_open": Code(409, 2, "The upload takes no more bytes", "더 이상 바이트를 받지 않는 업로드입니다"),
    "upload.incomplete": Code(409, 2, "Bytes are missing", "아직 받지 못한 바이트가 있습니다"),
    "upload.too_large": Code(413, 2, "The file is too large", "파일이 너무 큽니다"),
    "upload.stalled": Code(408, 1, "No bytes came for too long", "전송이 멈췄습니다"),
    "upload.type_mismatch": Code(422, 2, "The content is of another type", "내용이 알린 형식과 다릅니다"),
    "upload.parts_changed": Code(409, 3, "Stored parts were replaced", "저장된 조각이 바뀌었습니다"),
    "tus.version": Code(412, 2, "Another version of tus is needed", "지원하지 않는 tus 버전입니다"),
    "content.invalid": Code(422, 2, "The content cannot be used", "사용할 수 없는 콘텐츠입니다"),
    "catalogue.unknown_item": Code(422, 2, "There is no such catalogue item", "카탈로그에 없는 항목입니다"),
    "design.wrong_figure": Code(422, 2, "The garment is not made for this figure", "이 마네킹에 맞지 않는 옷입니다"),
    "design.wrong_pose": Code(422, 2, "The garment is not shown in this pose", "이 포즈로 보여 줄 수 없는 옷입니다"),
    "design.wrong_order": Code(
        422, 2, "The layers are worn in the wrong order", "옷을 겹쳐 입는 순서가 잘못되었습니다"
    ),
    "catalogue.id_taken": Code(409, 2, "There is an item of this id", "이미 있는 항목 ID입니다"),
    "card.invalid": Code(422, 2, "The card cannot be printed", "인쇄할 수 없는 카드입니다"),
    "card.unknown_template": Code(422, 2, "There is no such card template", "없는 카드 템플릿입니다"),
    "card.unknown_field": Code(422, 2, "The template has no such field", "템플릿에 없는 필드입니다"),
    "card.unknown_mark": Code(422, 2, "The template has no such mark", "템플릿에 없는 표식입니다"),
    "card.unknown_slot": Code(422, 2, "The template has no such place for foil", "템플릿에 없는 포일 자리입니다"),
    "card.needs_frames": Code(422, 2, "Lenses need frames to show", "렌티큘러에는 보여 줄 프레임이 필요합니다"),
    "card.text_too_long": Code(422, 2, "A text does not fit on the card", "카드에 다 들어가지 않는 글입니다"),
    "card.missing_glyphs": Code(422, 2, "A letter cannot be printed", "인쇄할 수 없는 글자가 있습니다"),
    "card.too_large": Code(422, 2, "The card is too large to draw", "카드가 너무 커서 그릴 수 없습니다"),
    "card.sheet_too_large": Code(422, 2, "The sheet has too many pixels", "시트의 픽셀 수가 너무 많습니다"),
    "foil.unknown": Code(422, 2, "There is no such foil", "없는 포일입니다"),
    "foil.unknown_parameter": Code(422, 2, "The foil has no such parameter", "포일에 없는 매개변수입니다"),
    "foil.bad_parameter": Code(422, 2, "A foil's parameter is out of range", "포일 매개변수가 범위를 벗어났습니다"),
    "techpack.unknown_layer": Code(422, 2, "The design has no such layer", "디자인에 없는 레이어입니다"),
    "measure.not_possible": Code(422, 2, "This cannot be measured", "측정할 수 없습니다"),
    "measure.empty": Code(422, 2, "There is nothing to measure", "측정할 표면이 없습니다"),
    "measure.too_large": Code(422, 2, "The surface is too large to measure", "측정하기에 너무 큰 메시입니다"),
    "measure.no_section": Code(422, 2, "Nothing is cut at that height", "그 높이에는 잴 것이 없습니다"),
    "measure.no_opening": Code(422, 2, "There is no such opening", "그런 트임이 없습니다"),
    "measure.no_landmark": Code(422, 2, "The model has no such landmark", "모델에 없는 기준점입니다"),
    "measure.no_way": Code(422, 2, "No way leads from one end to the other", "두 점을 잇는 표면이 없습니다"),
    "batch.invalid_rows": Code(422, 2, "Some rows are not valid", "올바르지 않은 행이 있습니다"),
    "quota.exceeded": Code(429, 8, "The quota is used up", "할당량을 모두 사용했습니다"),
    "rate.limited": Code(429, 8, "Too many requests", "요청이 너무 많습니다"),
    "lane.busy": Code(429, 8, "The lane is full; try again later", "대기열이 가득 찼습니다. 잠시 후 다시 시도하세요"),
    "farm.unavailable": Code(503, 1, "The farm cannot accept work now", "지금은 작업을 받을 수 없습니다"),
    "farm.internal": Code(500, 1, "The farm failed", "내부 오류가 발생했습니다"),
    "farm.no_worker": Code(503, 5, "No worker can do this", "처리할 수 있는 작업자가 없습니다"),
    "farm.worker_lost": Code(500, 1, "The worker was lost too often", "작업자가 반복해서 중단되었습니다"),
    "farm.timeout": Code(504, 124, "The step took too long", "시간이 초과되었습니다"),
    "farm.disk_full": Code(507, 1, "The disk is full", "디스크가 가득 찼습니다"),
    "render.failed": Code(500, 1, "The renderer failed", "렌더링에 실패했습니다"),
    "encode.failed": Code(500, 1, "The encoder failed", "인코딩에 실패했습니다"),
    "export.failed": Code(500, 1, "The exporter failed", "내보내기에 실패했습니다"),
    "export.encode_failed": Code(500, 1, "The encoder failed", "인코딩에 실패했습니다"),
    "export.encode_stalled": Code(504, 1, "The encoder hung", "인코더가 응답하지 않았습니다"),
    "export.join_failed": Code(500, 1, "The parts could not be joined", "조각을 이어 붙이지 못했습니다"),
    "export.segments": Code(500, 1, "The parts could not be joined", "조각을 이어 붙이지 못했습니다"),
    "export.segments_differ": Code(500, 1, "The parts do not fit together", "조각이 서로 맞지 않습니다"),
    "export.frame_count": Code(500, 1, "Frames are missing from the file", "파일에 프레임이 빠져 있습니다"),
    "export.frame_invalid": Code(
        500, 1, "The encoder was given a wrong frame", "인코더에 잘못된 프레임이 전달되었습니다"
    ),
    "export.video_empty": Code(500, 1, "There was no frame to encode", "인코딩할 프레임이 없습니다"),
    "export.video_unreadable": Code(500, 1, "The encoded file cannot be read", "인코딩된 파일을 읽을 수 없습니다"),
    "export.animation_unreadable": Code(
        500, 1, "The encoded file cannot be read", "인코딩된 파일을 읽을 수 없습니다"
    ),
    "export.aborted": Code(500, 1, "The encoding was broken off", "인코딩이 중단되었습니다"),
    "export.damaged": Code(500, 1, "The export came out damaged", "내보낸 파일이 손상되었습니다"),
    "export.print_size": Code(500, 1, "The export failed", "내보내기에 실패했습니다"),
    "export.share_empty": Code(500, 1, "The export failed", "내보내기에 실패했습니다"),
    "export.disk_full": Code(507, 1, "The disk is full", "디스크가 가득 찼습니다"),
    "export.ffmpeg_missing": Code(503, 5, "No worker can do this", "처리할 수 있는 작업자가 없습니다"),
    "export.encoder_missing": Code(503, 5, "No worker can do this", "처리할 수 있는 작업자가 없습니다"),
    "export.font_missing": Code(503, 5, "No worker can do this", "처리할 수 있는 작업자가 없습니다"),
    "export.over_budget": Code(422, 3, "The export is over its budget", "내보내기 한도를 초과했습니다"),
    "link.invalid": Code(403, 6, "The link is not valid", "링크가 올바르지 않습니다"),
    "link.revoked": Code(410, 6, "The link was revoked", "취소된 링크입니다"),
    "link.used_up": Code(410, 6, "The link was used up", "링크 사용 횟수를 모두 썼습니다"),
    "link.expired": Code(410, 6, "The link has expired", "링크가 만료되었습니다"),
}


def lookup(code: str) -> Code:
    """The code's row; a code of a family (``model.truncated``) without a row of its own is bad input (422)."""
    return CODES.get(code) or Code(422, 2, "The content cannot be used", "사용할 수 없는 콘텐츠입니다")


@dataclass(eq=False)
class FarmError(Exception):
    """Base: a stable code, a sentence that says what to change, and bounded JSON data."""

    code: str
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail or lookup(self.code).title}"


class Refused(FarmError):
    """The request is at fault."""


class JobFault(FarmError):
    """The job's input is at fault; running it again cannot help."""


class FarmFault(FarmError):
    """The farm is at fault; another try or another worker may help."""


class StepCancelled(Exception):
    """The step was asked to stop: its job was cancelled or its lease is gone."""
