/**
 * How an answer speaks to whoever grades it instead of to the person who asked: orders to the judge, verdicts on itself
 * or on the other answer, pieces of a judge's prompt or of a chat template. In English, Arabic and Korean, matched
 * against folded text (`foldedText`), so that spelling tricks need no patterns of their own.
 */
export const EVALUATOR_ADDRESSES: readonly RegExp[] = [
  // English
  /\b(ignore|disregard|forget|override)\b.{0,40}\b(instruction|rubric|prompt|criteri)/u,
  /\b(judge|grader|evaluator|rater)s?\b.{0,40}\b(choose|prefer|select|score|rate|pick|must|give)\b/u,
  /\b(choose|prefer|select|pick|rate|score)\b.{0,30}\b(this|my) (answer|response)\b/u,
  /\b(this|my|the (first|second)) (answer|response)\b.{0,40}\b(wins|better|the best|full marks|highest)\b/u,
  /\b(give|grant)\b.{0,30}\b(answer|response)\b.{0,30}\b(highest|full|best|maximum)\b/u,
  /\bthe other (answer|response|candidate) (is|was)\b/u,
  /\banswer [ab]( is|:| wins)/u,
  /\b(under|by|per|against) the rubric\b|\brubric (check|score)\b/u,
  /verdict[\\"']*\s*[:=]/u,
  /\[\[\s*[abc]\s*\]\]/u,
  // Chat templates and fences
  /<\|[^|<>]{1,30}\|>|\[\/?inst\]|<\/?s>|\[(system|assistant)\]|(^|\s)(system|assistant):/u,
  /<<[^<>]{0,80}(end|answer|question)[^<>]{0,20}>>/u,
  /"(call_id|الحكم|판정)"\s*:/u,
  // Arabic
  /(تجاهل|اهمل|لا تلتزم|لا تتبع|(?<!\p{L})انس(?!\p{L})).{0,30}(تعليمات|معايير|اوامر)/u,
  /(ايها|عزيزي) ?(ال)?(مقيم|حكم|محكم)/u,
  /(?<!\p{L})علي (المقيم|الحكم|المحكم) ان (يختار|يفضل|يمنح|يحكم)/u,
  /(ايتها|الي|يا) لجنة (التقييم|التحكيم)/u,
  /(اختر|اختار|اختيار|فضل|امنح|منح).{0,15}(هذه الاجابة|هذا الرد|هذا الجواب|اجابتي|جوابي)/u,
  /(هذه الاجابة|هذا الرد|هذا الجواب|اجابتي|جوابي).{0,40}(افضل|فازت|فاز|تستحق|يستحق|اعلي|الكاملة|تستوفي|فصحيحة)/u,
  /(فازت|فاز|تستحق|يستحق) (هذه الاجابة|هذا الرد|هذا الجواب)/u,
  /(اجابة|جواب|الرد) [ab](?![a-z])/u,
  /(الاجابة الاخري|الجواب الاخر|الرد الاخر) /u,
  // Korean
  /(지시|기준|명령|지침)[^.!?]{0,20}(무시|잊어|잊으)/u,
  /(심사자|평가자|채점자|심사위원(?![단회])|채점 ?담당자|채점관)/u,
  /(이|제|첫 번째|두 번째) ?(답변|대답|응답)(을|를)? ?(선택|골라|고르|뽑)/u,
  /(이|제) ?(답변|대답|응답)(이|은|을|에)?.{0,20}(우수|낫|이겼|만점|높은 점수|최고의|맞습니다|충족)/u,
  /(답변|대답|응답) ?[ab](?![a-z])/u,
  /다른 (답변|대답|응답)(은|이|보다)/u,
];
